import { renderAnswer } from "./answer.js";
import { startAttempt } from "./classify.js";
import { deleteAllEntries, deleteEntry, isInMemory, listEntries } from "./history-db.js";
import { messages } from "./i18n.js";
import { formatDate } from "./locale.js";
import { revokePhotos } from "./photo.js";
import { createPlant, headline, plant, setPlant } from "./plant.js";
import { byId, openDialog, setNotices, setStatus } from "./views.js";

export async function openHistory() {
  await renderHistory();
  openDialog("history-dialog");
}

async function renderHistory() {
  const entries = await listEntries();
  byId("history-lead").textContent = isInMemory ? messages.historyInMemory : messages.historyLead;
  byId("history-empty").hidden = entries.length > 0;
  byId("entries").replaceChildren(...entries.map(renderEntry));
  byId("delete-all").hidden = entries.length === 0;
  byId("delete-all").dataset.count = entries.length;
  byId("delete-all").textContent = messages.deleteAll;
}

function renderEntry(entry) {
  const row = byId("entry").content.cloneNode(true);
  const [open, remove] = row.querySelectorAll("button");
  const name = headline(entry.answer);
  const date = formatDate(entry.at);
  const { thumbnail } = entry.photos[0];
  if (thumbnail) row.querySelector("img").src = thumbnail;
  row.querySelector(".name").textContent = name;
  row.querySelector("small").textContent = date;
  open.setAttribute("aria-label", messages.openEntry(name, date));
  open.addEventListener("click", () => openEntry(entry));
  remove.setAttribute("aria-label", messages.deleteEntry(name, date));
  remove.addEventListener("click", () => removeEntry(entry.id));
  return row;
}

function openEntry({ id, at, answer, photos }) {
  const thumbnails = photos.map(({ name, thumbnail }) =>
    ({ name, source: thumbnail ?? "data:,", resized: Promise.resolve({ copy: null, thumbnail }) }));
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
