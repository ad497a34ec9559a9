import { describeSpecies, speciesOf } from "./detected-plants.js";
import { formatNumber } from "./locale.js";
import { byId } from "./views.js";

// More numbers than these would cover the plants.
const MAX_NUMBERS = 40;

// Draw the boxes of a photo's plants. The frame has the photo's aspect ratio, so fractions of the photo are percentages
// of the frame at every size of the viewer.
export function renderBoxes({ width, height, detections }) {
  const frame = byId("boxes-frame");
  byId("boxes").hidden = detections.length === 0;
  frame.style.setProperty("--aspect-ratio", width / height);
  frame.dataset.numbers = detections.length > MAX_NUMBERS ? "selected" : "all";
  const boxes = detections.map((detection, index) => ({ box: detection.box_relative, element: renderBox(detection, index) }));
  // The largest are the lowest, so that each box can be pointed at.
  boxes.sort((one, other) => area(other.box) - area(one.box));
  frame.replaceChildren(...boxes.map(({ element }) => element));
}

const area = ({ width, height }) => width * height;
const percent = (fraction) => `${100 * fraction}%`;

function renderBox(detection, index) {
  const { x, y, width, height } = detection.box_relative;
  const slug = speciesOf(detection);
  const element = document.createElement("div");
  element.className = "box";
  element.dataset.detection = index;
  element.dataset.role = slug ? describeSpecies(slug, detection).role ?? "" : "unknown";
  Object.assign(element.style, { left: percent(x), top: percent(y), width: percent(width), height: percent(height) });
  element.append(Object.assign(document.createElement("span"), { className: "number", textContent: formatNumber(index + 1) }));
  return element;
}
