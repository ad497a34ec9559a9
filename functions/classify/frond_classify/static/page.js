"use strict";

// ---- Photos come and go ----------------------------------------------------------------------------------------

function take(files) {
  begin();
  tell();
  const given = [...files];
  if (!given.length) return showFault(new Fault("nothing-there"), false);
  const chosen = given.filter(isPhoto);
  forgetPhotos(plant.photos);
  // A single file that is no photo is shown and told so.
  plant = plantOf(photosOf((chosen.length ? chosen : given).slice(0, chosen.length ? MOST_PHOTOS : 1)));
  if (chosen.length) tellWhatIsLeft(given, chosen.slice(MOST_PHOTOS));
  layOut();
  return look(questionOf(plant));
}

function add(files) {
  if (!plant.photos.length || plant.isPast) return take(files);
  const given = [...files];
  const chosen = given.filter(isPhoto);
  const room = MOST_PHOTOS - plant.photos.length;
  tell();
  tellWhatIsLeft(given, chosen.slice(room));
  if (!chosen.length || !room) return undefined;
  plant.selected = plant.photos.length;
  plant.photos = [...plant.photos, ...photosOf(chosen.slice(0, room), plant.photos.at(-1).made)];
  return askAnew();
}

function removePhoto(index) {
  forgetPhotos([plant.photos[index]]);
  plant.photos = plant.photos.filter((_, at) => at !== index);
  plant.selected = Math.max(0, Math.min(plant.selected, plant.photos.length - 1));
  tell();
  if (plant.photos.length) return askAnew();
  begin();
  plant = plantOf([]);
  layOut();
  showWelcome();
  byId("choose").focus();
  return undefined;
}

function askAnew() {
  plant.answer = null;
  layOut();
  byId("add").focus();
  return look(questionOf(plant));
}

function tellWhatIsLeft(given, leftOut) {
  const passedOver = given.filter((file) => !isPhoto(file));
  const names = (files) => list(files.map(({ name }) => name));
  if (passedOver.length) tellAlso(() => words.passedOver(names(passedOver)));
  if (leftOut.length) tellAlso(() => words.leftOut(names(leftOut)));
}

function choosePhoto(index) {
  select(index);
  say((plant.answer && drawOwn(plant.answer)) || words.photoNumber(index + 1, plant.photos.length));
}

// ---- The doors -------------------------------------------------------------------------------------------------

const on = (id, event, handle) => byId(id).addEventListener(event, handle);

function picker(button, input, receive) {
  on(button, "click", () => byId(input).click());
  receiver(input, receive);
}

function receiver(input, receive) {
  on(input, "change", ({ target }) => {
    const files = [...target.files];
    target.value = "";
    if (files.length) receive(files);
  });
}

picker("choose", "file", take);
receiver("camera", take);
on("shoot", "click", () => (hasCameraApp ? byId("camera").click() : openWebcam()));
picker("add", "more", add);
on("plate", "click", () => (byId("why").hidden ? byId("file").click() : toggleEvidence()));
on("why", "click", toggleEvidence);
on("retry", "click", () => look(plant.question));

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
const intoField = (event) => Boolean(event.target.closest?.("input, textarea"));
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event) && intoField(event)) return;
  event.preventDefault();
  document.body.dataset.dragging = "";
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) delete document.body.dataset.dragging;
});
document.addEventListener("drop", (event) => {
  delete document.body.dataset.dragging;
  if (!carriesFiles(event) && intoField(event)) return;
  event.preventDefault();
  const receive = event.target.closest?.("#strip") ? add : take;
  receive(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const { files } = event.clipboardData;
  if (!files.length && intoField(event)) return;
  event.preventDefault();
  take(files);
});

// ---- Everything else that can be pressed -----------------------------------------------------------------------

on("shutter", "click", shootWebcam);
on("webcam-sheet", "close", closeWebcam);
on("share", "click", shareAnswer);
on("download", "click", download);
for (const id of ["right", "wrong", "tell"]) on(id, "click", () => answerFeedback(id));
on("plant", "change", nameOther);
on("plant-name", "input", nameOther);
on("feedback", "submit", sendFeedback);
on("change-feedback", "click", changeFeedback);
on("open-history", "click", openHistory);
on("forget-all", "click", removeEntries);
on("open-gallery", "click", openGallery);
on("search", "input", searchGallery);
for (const button of document.querySelectorAll("[data-closes]")) button.addEventListener("click", () => button.closest("dialog").close());

on("change-key", "click", () => {
  begin();
  askForKey("keyMissing");
});
on("key-form", "submit", (event) => {
  event.preventDefault();
  if (!keepKey(byId("key").value)) askForKey("keyRefused");
  else if (plant.answer) showAnswer();
  else if (plant.question) look(plant.question);
  else showWelcome();
});

on("language", "change", ({ target }) => {
  keep("language", target.value);
  speak(target.value);
  layOut();
  drawAgain();
  return translateAnswer();
});
on("original", "change", ({ target }) => keep("original", target.checked ? "yes" : ""));

// ---- Without a network -----------------------------------------------------------------------------------------

function tellNetwork() {
  byId("offline").hidden = navigator.onLine;
  if (!navigator.onLine) say(words.offlineNow);
}

addEventListener("online", tellNetwork);
addEventListener("offline", tellNetwork);
addEventListener("load", () =>
  navigator.serviceWorker?.register(address("static/worker.js"), { scope: address("") }).catch((fault) => console.warn(fault)));

// ---- The beginning ---------------------------------------------------------------------------------------------

for (const link of document.querySelectorAll("[data-address]")) link.href = address(link.dataset.address);
[...byId("pinnae").children].forEach((pinna, index) => (pinna.style.animationDelay = `${index * 35}ms`));
addEventListener("hashchange", readKey);
readKey();
speak(kept("language"));
byId("language").value = language;
byId("original").checked = kept("original") !== "";
showWelcome();
tellNetwork();
offerWebcam();
