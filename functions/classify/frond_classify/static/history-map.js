import { entryName, entryPlace } from "./history-entries.js";
import { messages } from "./i18n.js";
import { formatDistance } from "./locale.js";
import { byId } from "./views.js";

// The places of the entries on a plain map with a scale: no tiles, so no network and nobody who learns the places.
const MAP = { width: 640, height: 320, margin: 40 };
const METRES_A_DEGREE = 111_320;
// Closer places are drawn as if they were this far apart, in metres.
const MIN_EXTENT = 50;
const SVG = "http://www.w3.org/2000/svg";

export function renderMap(entries, listed, open) {
  const found = entries.map((entry) => ({ entry, place: entryPlace(entry) })).filter(({ place }) => place);
  byId("history-map").hidden = found.length === 0;
  if (!found.length) return;
  const { points, metresAPixel } = project(found.map(({ place }) => place));
  const scale = roundDown(metresAPixel * MAP.width / 4);
  byId("map").setAttribute("viewBox", `0 0 ${MAP.width} ${MAP.height}`);
  byId("map").setAttribute("aria-label", messages.mapOf(found.length));
  byId("map").replaceChildren(
    ...found.map(({ entry }, index) => renderPoint(entry, points[index], entryName(entry, listed), open)),
    ...renderScale(scale, scale / metresAPixel),
  );
}

// Equirectangular around the middle, which is exact enough for a walk. A walk across the 180th meridian stays together.
function project(places) {
  const first = places[0].longitude;
  const longitudes = places.map(({ longitude }) => first + ((longitude - first + 540) % 360) - 180);
  const latitudes = places.map(({ latitude }) => latitude);
  const middle = [middleOf(longitudes), middleOf(latitudes)];
  const shrink = Math.cos(middle[1] * Math.PI / 180);
  const metres = longitudes.map((longitude, index) =>
    [(longitude - middle[0]) * shrink * METRES_A_DEGREE, (middle[1] - latitudes[index]) * METRES_A_DEGREE]);
  const extent = (axis) => Math.max(MIN_EXTENT, 2 * Math.max(...metres.map((point) => Math.abs(point[axis]))));
  const metresAPixel = Math.max(extent(0) / (MAP.width - 2 * MAP.margin), extent(1) / (MAP.height - 2 * MAP.margin));
  return { points: metres.map(([x, y]) => [MAP.width / 2 + x / metresAPixel, MAP.height / 2 + y / metresAPixel]), metresAPixel };
}

const middleOf = (values) => (Math.min(...values) + Math.max(...values)) / 2;

// Return the largest of 1, 2, 5, 10, 20, … up to a length.
function roundDown(length) {
  const power = 10 ** Math.floor(Math.log10(length));
  return power * [5, 2, 1].find((step) => step * power <= length);
}

function svgElement(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  element.textContent = text;
  return element;
}

// The list below the map is the way to an entry by keyboard.
function renderPoint(entry, [cx, cy], name, open) {
  const point = svgElement("circle", { cx, cy, r: 8, class: "map-point", "data-verdict": entry.answer.verdict });
  point.append(svgElement("title", {}, name));
  point.addEventListener("click", () => open(entry));
  return point;
}

function renderScale(metres, pixels) {
  const [x, y] = [MAP.width - 20 - pixels, MAP.height - 16];
  return [
    svgElement("path", { class: "map-scale", d: `M${x} ${y - 6}v6h${pixels}v-6` }),
    svgElement("text", { class: "map-text", x: x + pixels / 2, y: y - 10, "text-anchor": "middle" }, formatDistance(metres)),
    svgElement("text", { class: "map-text", x: 20, y: 30 }, messages.northUp),
  ];
}
