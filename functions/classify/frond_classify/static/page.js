// The entry point: what each control does, and how the page starts.
import { translateAnswer } from "./answer.js";
import { loadApiKey, saveApiKey } from "./api-key.js";
import { resolveUrl } from "./api.js";
import { startAttempt } from "./classify.js";
import { exportDetections } from "./detection-export.js";
import { detectionAt, focusDetection, highlightDetection, moveSelection, selectDetection } from "./detection-selection.js";
import { changeFeedback, startFeedback, submitFeedback, updateOtherSpecies } from "./feedback.js";
import { openGallery, searchGallery } from "./gallery.js";
import { exportShownCsv, exportShownGeoJson, openHistory, removeAllEntries, searchHistory } from "./history.js";
import { messages, setLanguage } from "./i18n.js";
import { language } from "./locale.js";
import { downloadReport } from "./model-report.js";
import { addPhotos, removePhoto, replacePhotos, viewPhoto } from "./photo-selection.js";
import { renderPhotos, toggleActivationMap } from "./photo-viewer.js";
import { plant } from "./plant.js";
import { classifySample, renderSamples } from "./samples.js";
import { renderScope } from "./scope.js";
import { loadSetting, saveSetting } from "./settings-store.js";
import { shareCard } from "./share-card.js";
import { downloadAnswer, shareAnswer } from "./sharing.js";
import { copySnippet } from "./snippets.js";
import { openSpeciesSheet } from "./species-sheet.js";
import { changeTask, loadTask, runTask, showResult } from "./task.js";
import { byId, renderAgain, setStatus, showApiKeyForm, showWelcome } from "./views.js";
import { captureWebcam, closeWebcam, hasCameraApp, offerWebcam, openWebcam } from "./webcam.js";

const on = (id, event, handle) => byId(id).addEventListener(event, handle);
const onEach = (selector, handle) => document.querySelectorAll(selector).forEach((element) => element.addEventListener("click", () => handle(element)));

// ---- Photos ------------------------------------------------------------------------------------------------------

function onFiles(input, receive) {
  on(input, "change", ({ target }) => {
    const files = [...target.files];
    target.value = "";
    if (files.length) receive(files);
  });
}

on("choose-photo", "click", () => byId("file").click());
onFiles("file", replacePhotos);
on("take-photo", "click", () => (hasCameraApp ? byId("camera").click() : openWebcam()));
onFiles("camera", replacePhotos);
on("add-photo", "click", () => byId("more-files").click());
onFiles("more-files", addPhotos);
on("thumbnail-list", "click", ({ target }) => {
  const thumbnail = target.closest(".thumbnail");
  if (!thumbnail) return;
  const index = [...byId("thumbnail-list").children].indexOf(thumbnail);
  if (target.closest(".remove")) removePhoto(index);
  else if (target.closest("button")) viewPhoto(index);
});
on("photo-viewer", "click", () => (byId("explain").hidden ? byId("file").click() : toggleActivationMap()));
on("explain", "click", toggleActivationMap);
on("retry", "click", () => runTask(plant.request));
on("task", "change", ({ target }) => changeTask(target.value));
on("shutter", "click", async () => replacePhotos([await captureWebcam()]));
on("webcam-dialog", "close", closeWebcam);

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
const isTextField = (event) => Boolean(event.target.closest?.("input, textarea"));
document.addEventListener("dragover", (event) => {
  if (!hasFiles(event) && isTextField(event)) return;
  event.preventDefault();
  document.body.dataset.dragging = "";
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) delete document.body.dataset.dragging;
});
document.addEventListener("drop", (event) => {
  delete document.body.dataset.dragging;
  if (!hasFiles(event) && isTextField(event)) return;
  event.preventDefault();
  const receive = event.target.closest?.("#thumbnails") ? addPhotos : replacePhotos;
  receive(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const { files } = event.clipboardData;
  if (!files.length && isTextField(event)) return;
  event.preventDefault();
  replacePhotos(files);
});

// ---- Answer, history and gallery ---------------------------------------------------------------------------------

on("share", "click", shareAnswer);
on("download", "click", downloadAnswer);
for (const id of ["correct", "incorrect", "suggest"]) on(id, "click", () => startFeedback(id));
on("feedback-species", "change", updateOtherSpecies);
on("other-species-name", "input", updateOtherSpecies);
on("feedback", "submit", submitFeedback);
on("change-feedback", "click", changeFeedback);
on("share-card", "click", shareCard);
onEach("[data-snippet]", ({ dataset }) => copySnippet(dataset.snippet));
onEach("[data-open-gallery]", openGallery);
onEach("[data-report]", downloadReport);
on("sample-list", "click", ({ target }) => {
  const button = target.closest("[data-sample]");
  if (button) classifySample(button.dataset.sample);
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-sheet]");
  if (button) openSpeciesSheet(button.dataset.sheet);
});
for (const id of ["history-search", "filter-species", "filter-verdict", "filter-tag"]) on(id, "input", searchHistory);
on("history-csv", "click", exportShownCsv);
on("history-geojson", "click", exportShownGeoJson);
on("open-history", "click", openHistory);
on("delete-all", "click", removeAllEntries);
on("open-gallery", "click", openGallery);
on("search", "input", searchGallery);
for (const button of document.querySelectorAll("[data-close-dialog]")) button.addEventListener("click", () => button.closest("dialog").close());

// ---- Detections --------------------------------------------------------------------------------------------------

for (const id of ["boxes", "detection-list"]) {
  on(id, "pointerover", ({ target }) => highlightDetection(detectionAt(target)));
  on(id, "pointerleave", () => highlightDetection(null));
}
on("boxes", "click", (event) => {
  // Elsewhere a click on the photo chooses another one.
  event.stopPropagation();
  const index = detectionAt(event.target);
  if (index === null) selectDetection(null);
  else focusDetection(index);
});
on("detection-list", "focusin", ({ target }) => selectDetection(detectionAt(target)));
on("detection-list", "keydown", moveSelection);
on("export", "click", exportDetections);

// ---- Access and settings -----------------------------------------------------------------------------------------

on("change-key", "click", () => {
  startAttempt();
  showApiKeyForm("keyMissing");
});
on("key-form", "submit", (event) => {
  event.preventDefault();
  if (!saveApiKey(byId("key").value)) showApiKeyForm("keyRefused");
  else if (plant.answer || plant.request) showResult(plant.request);
  else showWelcome();
  offerSpecies();
});
addEventListener("hashchange", () => {
  loadApiKey();
  offerSpecies();
});
on("language", "change", ({ target }) => {
  saveSetting("language", target.value);
  setLanguage(target.value);
  renderPhotos();
  renderAgain();
  offerSpecies();
  return translateAnswer();
});
on("original", "change", ({ target }) => saveSetting("original", target.checked ? "yes" : ""));
on("tag", "change", ({ target }) => {
  target.value = target.value.trim();
  if (target.reportValidity()) saveSetting("tag", target.value);
});

// ---- Offline -----------------------------------------------------------------------------------------------------

function showConnection() {
  byId("offline").hidden = navigator.onLine;
  if (!navigator.onLine) setStatus(messages.offline);
}

addEventListener("online", showConnection);
addEventListener("offline", showConnection);
addEventListener("load", () =>
  navigator.serviceWorker?.register(resolveUrl("static/service-worker.js"), { scope: resolveUrl("") }).catch((error) => console.warn(error)));

// ---- Scope and samples -------------------------------------------------------------------------------------------

const offerSpecies = () => Promise.all([renderScope(), renderSamples()]);

// ---- Start -------------------------------------------------------------------------------------------------------

for (const link of document.querySelectorAll("[data-path]")) link.href = resolveUrl(link.dataset.path);
[...byId("pinnae").children].forEach((pinna, index) => (pinna.style.animationDelay = `${index * 35}ms`));
loadApiKey();
setLanguage(loadSetting("language"));
loadTask();
byId("language").value = language;
byId("original").checked = loadSetting("original") !== "";
byId("tag").value = loadSetting("tag");
showWelcome();
showConnection();
offerSpecies();
offerWebcam();
