import { countPlants, describeSpecies, imageDetections, speciesOf } from "./detected-plants.js";
import { renderBoxes } from "./detection-boxes.js";
import { clearSelection, restoreSelection } from "./detection-selection.js";
import { formatConfidence, messages } from "./i18n.js";
import { formatAlternatives, formatList, formatNumber, locale } from "./locale.js";
import { renderPhotos } from "./photo-viewer.js";
import { displayName, plant } from "./plant.js";
import { renderRole } from "./role.js";
import { byId, showView } from "./views.js";

// The plants of the selected photo: boxes over it, and a list beside it.
export function renderDetections() {
  renderPhotos();
  clearSelection();
  renderBoxes(selectedImage());
  showView("detections", () => {
    const { detections } = selectedImage();
    renderCounts(detections);
    renderNotClassified(selectedImage());
    byId("detection-list").hidden = detections.length === 0;
    byId("detection-list").replaceChildren(...detections.map(renderDetection));
    restoreSelection();
    byId("export").hidden = allDetections().length === 0;
    byId("detections-fineprint").textContent = messages.fineprint(plant.detections.model?.version ?? "–", formatNumber(Math.round(plant.detections.timings_ms?.total ?? 0)));
    return spokenCounts(detections);
  });
}

const selectedImage = () => imageDetections(plant.detections, plant.selected);
const allDetections = () => plant.photos.flatMap((_, index) => imageDetections(plant.detections, index).detections);

function renderCounts(detections) {
  const total = plant.photos.length;
  byId("detections-kicker").textContent = total > 1 ? messages.photoNumber(plant.selected + 1, total) : messages.inThisPhoto;
  byId("plant-count").textContent = detections.length ? messages.plantCount(detections.length) : messages.noPlants;
  byId("species-counts").textContent = detections.length ? formatCounts(detections) : messages.noPlantsLead;
  byId("all-counts").textContent = total > 1 ? messages.inAllPhotos(spokenCounts(allDetections())) : "";
}

function renderNotClassified({ not_classified: number = 0 }) {
  byId("not-classified").textContent = number ? messages.notClassified(number) : "";
}

// "9 maize, 3 charlock and 2 unknown"; within a sentence a name begins with a small letter.
function formatCounts(detections) {
  const { species, unknown } = countPlants(detections);
  const counts = species.map(({ number, name }) => `${formatNumber(number)} ${name.charAt(0).toLocaleLowerCase(locale)}${name.slice(1)}`);
  return formatList(unknown ? [...counts, messages.unknownCount(unknown)] : counts);
}

const spokenCounts = (detections) => (detections.length ? `${messages.plantCount(detections.length)}: ${formatCounts(detections)}` : messages.noPlants);

function renderDetection(detection, index) {
  const row = byId("detection").content.cloneNode(true).firstElementChild;
  const slug = speciesOf(detection);
  const { name, scientificName, role } = slug ? describeSpecies(slug, detection) : { name: unknownName(detection), scientificName: "", role: "" };
  row.dataset.detection = index;
  row.dataset.role = role ?? "";
  row.querySelector(".number").textContent = formatNumber(index + 1);
  row.querySelector(".name").textContent = name;
  row.querySelector(".scientific-name").textContent = scientificName;
  renderRole(row.querySelector(".role"), role);
  row.querySelector(".confidence").textContent = slug && detection.classification ? formatConfidence(detection.classification.predictions[0].confidence) : "";
  row.querySelector(".detail").textContent = detail(detection);
  return row;
}

const unknownName = ({ classification }) => (classification ? messages.verdicts[classification.verdict] ?? messages.verdicts.uncertain : messages.plant);

function detail({ confidence, classification }) {
  const isPlant = messages.plantConfidence(formatConfidence(confidence));
  if (classification?.verdict !== "uncertain") return isPlant;
  return `${messages.perhaps(formatAlternatives(classification.predictions.slice(0, 2).map(displayName)))} · ${isPlant}`;
}
