import { csvLine } from "./csv-cell.js";
import { describeSpecies, imageDetections, speciesOf } from "./detected-plants.js";
import { plant } from "./plant.js";
import { saveFile } from "./saved-file.js";

const COLUMNS = [
  "photo", "number", "x", "y", "width", "height", "x_relative", "y_relative", "width_relative", "height_relative",
  "class", "confidence", "verdict", "species", "scientific_name", "common_name", "species_confidence",
];

// Save the plants of all photos as a CSV file, one row a plant.
export async function exportDetections() {
  const rows = await Promise.all(plant.photos.map(photoRows));
  // With a byte order mark, Excel reads UTF-8.
  const csv = `\ufeff${[COLUMNS, ...rows.flat()].map(csvLine).join("")}`;
  saveFile(csv, `frond-plants-${String(plant.detections.id).slice(0, 8)}.csv`, "text/csv");
}

// The boxes are in pixels of the photo's file, not of the smaller copy that was sent. The API has seen the file itself if
// the browser cannot decode it.
async function photoRows({ name, resized }, index) {
  const result = imageDetections(plant.detections, index);
  const { size } = await resized;
  const { width, height } = size ?? result;
  return result.detections.map((detection, at) => [name, at + 1, ...boxCells(detection.box_relative, width, height), ...plantCells(detection)]);
}

const round = (pixels) => Math.round(10 * pixels) / 10;
const boxCells = ({ x, y, width, height }, photoWidth, photoHeight) =>
  [round(x * photoWidth), round(y * photoHeight), round(width * photoWidth), round(height * photoHeight), x, y, width, height];

// As in the command's CSV, the species is the likeliest one, and the verdict is how far to trust it.
function plantCells(detection) {
  const { class: detected, confidence, classification } = detection;
  const [first] = classification?.predictions ?? [];
  const slug = first?.species ?? speciesOf(detection);
  const { scientificName, name } = slug ? describeSpecies(slug, detection) : {};
  return [detected, confidence, classification?.verdict, slug, scientificName, name, first?.confidence];
}
