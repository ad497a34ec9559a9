import { renderAnswer } from "./answer.js";
import { apiKey } from "./api-key.js";
import { startAttempt } from "./classify.js";
import { deleteAllEntries, deleteEntry, isInMemory, listEntries } from "./history-db.js";
import { entryName, isCorrected } from "./history-entries.js";
import { exportGeoJson, exportHistoryCsv } from "./history-export.js";
import { filterEntries, renderFilters } from "./history-filter.js";
import { renderMap } from "./history-map.js";
import { messages } from "./i18n.js";
import { formatDate } from "./locale.js";
import { revokePhotos } from "./photo.js";
import { createPlant, plant, setPlant } from "./plant.js";
import { listSpecies } from "./species.js";
import { byId, openDialog, setNotices, setStatus } from "./views.js";

export async function openHistory() {
  await renderHistory();
  openDialog("history-dialog");
  await nameCorrections();
}

// Names of corrections come from the list of species, where there are a key and a network.
async function nameCorrections() {
  if (!apiKey || !savedEntries.some(isCorrected)) return;
  knownSpecies = await listSpecies().catch(() => []);
  if (byId("history-dialog").open) await renderHistory();
}

let savedEntries = [];
let knownSpecies = [];

async function renderHistory() {
  savedEntries = await listEntries();
  byId("history-lead").textContent = isInMemory ? messages.historyInMemory : messages.historyLead;
  byId("history-empty").hidden = savedEntries.length > 0;
  byId("history-tools").hidden = savedEntries.length === 0;
  byId("delete-all").hidden = savedEntries.length === 0;
  byId("delete-all").dataset.count = savedEntries.length;
  byId("delete-all").textContent = messages.deleteAll;
  renderFilters(savedEntries, knownSpecies);
  searchHistory();
}

const shownEntries = () => filterEntries(savedEntries, knownSpecies);

export function searchHistory() {
  const shown = shownEntries();
  byId("entries").replaceChildren(...shown.map(renderEntry));
  byId("history-status").textContent = messages.entriesFound(shown.length, savedEntries.length);
  byId("history-csv").disabled = byId("history-geojson").disabled = shown.length === 0;
  renderMap(shown, knownSpecies, openEntry);
}

export const exportShownCsv = () => exportHistoryCsv(shownEntries());
export const exportShownGeoJson = () => exportGeoJson(shownEntries());

function renderEntry(entry) {
  const row = byId("entry").content.cloneNode(true);
  const [open, remove] = row.querySelectorAll("button");
  const name = entryName(entry, knownSpecies);
  const date = formatDate(entry.at);
  const { thumbnail } = entry.photos[0];
  if (thumbnail) row.querySelector("img").src = thumbnail;
  row.querySelector(".name").textContent = name;
  row.querySelector("small").textContent = [date, isCorrected(entry) && messages.corrected, entry.answer.tag].filter(Boolean).join(" · ");
  open.setAttribute("aria-label", messages.openEntry(name, date));
  open.addEventListener("click", () => openEntry(entry));
  remove.setAttribute("aria-label", messages.deleteEntry(name, date));
  remove.addEventListener("click", () => removeEntry(entry.id));
  return row;
}

function openEntry({ id, at, answer, photos }) {
  const thumbnails = photos.map(({ name, thumbnail, ...taken }) =>
    ({ name, source: thumbnail ?? "data:,", resized: Promise.resolve({ copy: null, thumbnail, taken }) }));
  startAttempt();
  byId("history-dialog").close();
  revokePhotos(plant.photos);
  setPlant(createPlant(thumbnails, { id, at, answer, isFromHistory: true }));
  setNotices();
  renderAnswer();
  byId("species").focus();
}

async function removeEntry(id) {
  await deleteEntry(id);
  await showDeleted();
}

// The first press asks for a confirmation, since deleting cannot be undone.
export async function removeAllEntries() {
  const button = byId("delete-all");
  const confirmation = messages.deleteAllSure(Number(button.dataset.count));
  if (button.textContent !== confirmation) {
    button.textContent = confirmation;
    return;
  }
  await deleteAllEntries();
  await showDeleted();
}

async function showDeleted() {
  await renderHistory();
  setStatus(messages.deleted);
  byId("history-dialog").querySelector("h2").focus();
}
