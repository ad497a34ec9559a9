"use strict";

// The plate shows one photo of the plant, and under it lies the strip with all of them.
function layOut() {
  const { photos, isPast } = plant;
  byId("strip").dataset.count = photos.length;
  byId("up-to-five").hidden = photos.length > 0;
  byId("shots").replaceChildren(...photos.map(shot));
  byId("add").hidden = photos.length === 0 || photos.length >= MOST_PHOTOS || isPast;
  select(plant.selected);
}

function shot(photo, index) {
  const view = byId("shot").content.cloneNode(true).firstElementChild;
  const [look, remove] = view.querySelectorAll("button");
  const number = index + 1;
  look.setAttribute("aria-label", `${words.photoNumber(number, plant.photos.length)}, ${photo.name}`);
  look.addEventListener("click", () => choosePhoto(index));
  remove.setAttribute("aria-label", words.removePhoto(number));
  remove.hidden = plant.isPast;
  remove.addEventListener("click", () => removePhoto(index));
  photo.made.then(({ thumbnail }) => {
    if (thumbnail) view.querySelector("img").src = thumbnail;
    view.dataset.shows = thumbnail ? "thumbnail" : "icon";
  });
  return view;
}

function select(index) {
  plant.selected = index;
  [...byId("shots").children].forEach((view, at) => view.firstElementChild.setAttribute("aria-pressed", at === index));
  hideEvidence();
  showPhoto(plant.photos[index]);
}

async function showPhoto(photo) {
  const plate = byId("plate");
  const image = byId("photo");
  if (!photo) {
    image.removeAttribute("src");
    plate.dataset.shows = "frond";
    return;
  }
  image.alt = words.photoOf(photo.name);
  byId("file-name").textContent = photo.name;
  if (image.src === photo.source) return offerEvidence();
  image.src = photo.source;
  plate.dataset.shows = "nothing";
  const shows = await image.decode().then(() => "photo", () => "tile");
  if (image.src !== photo.source) return;
  plate.dataset.shows = shows;
  offerEvidence();
}

function forgetPhotos(photos) {
  for (const { source } of photos) URL.revokeObjectURL(source);
}

// ---- What spoke for the answer ---------------------------------------------------------------------------------

const EVIDENCE_SIDE = 512;
const SHADE = [8, 26, 17];
const DARKEST = 0.75;

const evidenceNow = () => plant.answer && factsOf(plant.answer, plant.selected).evidence;

function offerEvidence() {
  byId("why").hidden = !evidenceNow()?.length || byId("plate").dataset.shows !== "photo";
}

function hideEvidence() {
  byId("why").hidden = true;
  byId("why").setAttribute("aria-pressed", false);
  byId("evidence").hidden = byId("caption").hidden = true;
}

function toggleEvidence() {
  const isShown = byId("why").getAttribute("aria-pressed") === "true";
  byId("why").setAttribute("aria-pressed", !isShown);
  byId("evidence").hidden = byId("caption").hidden = isShown;
  if (isShown) return;
  const { naturalWidth: width, naturalHeight: height } = byId("photo");
  drawEvidence(byId("evidence"), evidenceNow(), width / height);
  byId("caption").textContent = words.evidence(nameOf(plant.answer.predictions[0]));
  say(byId("caption").textContent);
}

// A canvas of the photo's shape fits the plate as the photo does. Where nothing spoke for the answer it is dark;
// between two cells it fades from one to the other.
function drawEvidence(canvas, rows, shape) {
  const cells = document.createElement("canvas");
  cells.width = rows[0].length;
  cells.height = rows.length;
  const pixels = new ImageData(cells.width, cells.height);
  rows.flat().forEach((value, index) => pixels.data.set([...SHADE, Math.round(255 * DARKEST * (1 - value))], 4 * index));
  cells.getContext("2d").putImageData(pixels, 0, 0);
  canvas.width = Math.round(Math.min(EVIDENCE_SIDE, EVIDENCE_SIDE * shape));
  canvas.height = Math.round(Math.min(EVIDENCE_SIDE, EVIDENCE_SIDE / shape));
  canvas.getContext("2d").drawImage(cells, 0, 0, canvas.width, canvas.height);
}
