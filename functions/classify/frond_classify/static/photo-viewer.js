import { messages } from "./i18n.js";
import { MAX_PHOTOS } from "./photo.js";
import { displayName, imageResult, plant } from "./plant.js";
import { byId, setStatus } from "./views.js";

// The viewer shows the selected photo of the plant, above the thumbnails of all its photos.
export function renderPhotos() {
  const { photos, isFromHistory } = plant;
  byId("thumbnails").dataset.count = photos.length;
  byId("photo-limit").hidden = photos.length > 0;
  byId("thumbnail-list").replaceChildren(...photos.map(renderThumbnail));
  byId("add-photo").hidden = photos.length === 0 || photos.length >= MAX_PHOTOS || isFromHistory;
  selectPhoto(plant.selected);
}

function renderThumbnail(photo, index) {
  const element = byId("thumbnail").content.cloneNode(true).firstElementChild;
  const [select, remove] = element.querySelectorAll("button");
  const number = index + 1;
  select.setAttribute("aria-label", `${messages.photoNumber(number, plant.photos.length)}, ${photo.name}`);
  remove.setAttribute("aria-label", messages.removePhoto(number));
  remove.hidden = plant.isFromHistory;
  photo.resized.then(({ thumbnail }) => {
    if (thumbnail) element.querySelector("img").src = thumbnail;
    element.dataset.shows = thumbnail ? "thumbnail" : "icon";
  });
  return element;
}

export function selectPhoto(index) {
  plant.selected = index;
  [...byId("thumbnail-list").children].forEach((element, at) => element.firstElementChild.setAttribute("aria-pressed", at === index));
  hideActivationMap();
  showPhoto(plant.photos[index]);
}

async function showPhoto(photo) {
  const viewer = byId("photo-viewer");
  const image = byId("photo");
  if (!photo) {
    image.removeAttribute("src");
    viewer.dataset.shows = "frond";
    return;
  }
  image.alt = messages.photoOf(photo.name);
  byId("file-name").textContent = photo.name;
  if (image.src === photo.source) {
    offerActivationMap();
    return;
  }
  image.src = photo.source;
  viewer.dataset.shows = "nothing";
  const shows = await image.decode().then(() => "photo", () => "file-tile");
  if (image.src !== photo.source) return;
  viewer.dataset.shows = shows;
  offerActivationMap();
}

// ---- The activation map: which parts of the photo supported the answer -------------------------------------------

const MAP_SIDE = 512;
const SHADE_RGB = [8, 26, 17];
const MAX_OPACITY = 0.75;

const currentMap = () => plant.task === "classification" && plant.answer && imageResult(plant.answer, plant.selected).evidence;

function offerActivationMap() {
  byId("explain").hidden = !currentMap()?.length || byId("photo-viewer").dataset.shows !== "photo";
}

function hideActivationMap() {
  byId("explain").hidden = true;
  byId("explain").setAttribute("aria-pressed", false);
  byId("activation-map").hidden = byId("caption").hidden = true;
}

export function toggleActivationMap() {
  const isShown = byId("explain").getAttribute("aria-pressed") === "true";
  byId("explain").setAttribute("aria-pressed", !isShown);
  byId("activation-map").hidden = byId("caption").hidden = isShown;
  if (isShown) return;
  const { naturalWidth: width, naturalHeight: height } = byId("photo");
  drawActivationMap(byId("activation-map"), currentMap(), width / height);
  byId("caption").textContent = messages.activationMap(displayName(plant.answer.predictions[0]));
  setStatus(byId("caption").textContent);
}

// The canvas has the photo's aspect ratio, so both fit the viewer alike. Cells without activation are dark, and
// neighbouring cells are interpolated.
function drawActivationMap(canvas, rows, aspectRatio) {
  const cells = document.createElement("canvas");
  cells.width = rows[0].length;
  cells.height = rows.length;
  const pixels = new ImageData(cells.width, cells.height);
  rows.flat().forEach((value, index) => pixels.data.set([...SHADE_RGB, Math.round(255 * MAX_OPACITY * (1 - value))], 4 * index));
  cells.getContext("2d").putImageData(pixels, 0, 0);
  canvas.width = Math.round(Math.min(MAP_SIDE, MAP_SIDE * aspectRatio));
  canvas.height = Math.round(Math.min(MAP_SIDE, MAP_SIDE / aspectRatio));
  canvas.getContext("2d").drawImage(cells, 0, 0, canvas.width, canvas.height);
}
