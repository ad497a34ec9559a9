"use strict";

// The history: what was asked before, to be looked at again.
async function remember({ id, at, answer, photos }) {
  const pictures = await Promise.all(photos.map(async ({ name, made }) => ({ name, thumbnail: (await made).thumbnail })));
  await saveEntry({ id, at, answer, photos: pictures });
}

// What was deleted stays so, whatever is said of the answer afterwards.
async function rememberChange(plant) {
  if ((await entries()).some(({ id }) => id === plant.id)) await remember(plant);
}

function plantOfEntry({ id, at, answer, photos }) {
  const past = photos.map(({ name, thumbnail }) => ({ name, source: thumbnail ?? "data:,", made: Promise.resolve({ copy: null, thumbnail }) }));
  return plantOf(past, { id, at, answer, isPast: true });
}

async function openHistory() {
  await drawHistory();
  openSheet("history-sheet");
}

async function drawHistory() {
  const all = await entries();
  byId("history-lead").textContent = isFleeting ? words.historyFleeting : words.historyLead;
  byId("history-empty").hidden = all.length > 0;
  byId("entries").replaceChildren(...all.map(entryRow));
  byId("forget-all").hidden = all.length === 0;
  byId("forget-all").dataset.count = all.length;
  byId("forget-all").textContent = words.deleteAll;
}

function entryRow(entry) {
  const row = byId("entry").content.cloneNode(true);
  const [view, remove] = row.querySelectorAll("button");
  const name = headline(entry.answer);
  const when = moment(entry.at);
  const { thumbnail } = entry.photos[0];
  if (thumbnail) row.querySelector("img").src = thumbnail;
  row.querySelector(".name").textContent = name;
  row.querySelector("small").textContent = when;
  view.setAttribute("aria-label", words.openEntry(name, when));
  view.addEventListener("click", () => reopen(entry));
  remove.setAttribute("aria-label", words.deleteEntry(name, when));
  remove.addEventListener("click", () => removeEntry(entry.id));
  return row;
}

function reopen(entry) {
  begin();
  byId("history-sheet").close();
  forgetPhotos(plant.photos);
  plant = plantOfEntry(entry);
  tell();
  showAnswer();
  byId("species").focus();
}

async function removeEntry(id) {
  await forgetEntry(id);
  await drawHistory();
  say(words.deleted);
  byId("history-sheet").querySelector("h2").focus();
}

// Asked twice, since nothing brings them back.
async function removeEntries() {
  const button = byId("forget-all");
  const sure = words.deleteAllSure(Number(button.dataset.count));
  if (button.textContent !== sure) {
    button.textContent = sure;
    return;
  }
  await forgetEntries();
  await drawHistory();
  say(words.deleted);
  byId("history-sheet").querySelector("h2").focus();
}
