import { byId } from "./views.js";

// The link between the boxes and the rows: pointing at one highlights both, pressing it or moving there by keyboard
// selects both.
let selected = null;

const KEYS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

const rows = () => [...byId("detection-list").children];

// The index of the plant whose box or row contains an element, or null.
export function detectionAt(element) {
  const index = element.closest?.("[data-detection]")?.dataset.detection;
  return index === undefined ? null : Number(index);
}

export function highlightDetection(index) {
  for (const element of document.querySelectorAll("[data-active]")) delete element.dataset.active;
  const shown = index ?? selected;
  for (const element of document.querySelectorAll(`[data-detection="${shown}"]`)) element.dataset.active = "";
  if (shown !== null) revealRow(rows()[shown]);
}

// Scroll the list alone: scrolling the page would move the photo away.
function revealRow(row) {
  const list = row.parentElement;
  const bottom = row.offsetTop + row.offsetHeight;
  if (row.offsetTop < list.scrollTop) list.scrollTop = row.offsetTop;
  else if (bottom > list.scrollTop + list.clientHeight) list.scrollTop = bottom - list.clientHeight;
}

export function selectDetection(index) {
  selected = index;
  // One row is in the order of the Tab key.
  rows().forEach((row, at) => {
    row.setAttribute("aria-selected", at === selected);
    row.tabIndex = at === (selected ?? 0) ? 0 : -1;
  });
  highlightDetection(null);
}

export function clearSelection() {
  selected = null;
}

// Select again in rows that were rendered anew.
export function restoreSelection() {
  selectDetection(selected);
}

export const focusDetection = (index) => rows()[index].focus({ preventScroll: true });

// Move by arrow keys, Home and End; Escape ends the selection.
export function moveSelection(event) {
  if (event.key === "Escape") {
    selectDetection(null);
  } else if (event.key in KEYS) {
    event.preventDefault();
    const current = detectionAt(event.target) ?? 0;
    focusDetection(Math.max(0, Math.min(rows().length - 1, current + KEYS[event.key])));
  }
}
