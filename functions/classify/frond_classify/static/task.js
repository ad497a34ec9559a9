import { renderAnswer } from "./answer.js";
import { classify, createRequest, startAttempt } from "./classify.js";
import { detectPlants } from "./detect.js";
import { renderDetections } from "./detections.js";
import { messages } from "./i18n.js";
import { plant } from "./plant.js";
import { loadSetting, saveSetting } from "./settings-store.js";
import { byId, renderAgain, setNotices } from "./views.js";

const DETECTION = "detection";

// The task for the next photos: to name one plant (classification), or to find every plant (detection).
let task = "classification";

// Texts of the page that differ between the tasks have a second key.
function setTask(name) {
  task = name;
  byId("task").querySelector(`[value="${name}"]`).checked = true;
  for (const element of document.querySelectorAll("[data-i18n-detection]")) {
    element.dataset.i18nClassification ??= element.dataset.i18n;
    element.dataset.i18n = task === DETECTION ? element.dataset.i18nDetection : element.dataset.i18nClassification;
    element.textContent = messages[element.dataset.i18n];
  }
}

export const loadTask = () => setTask(loadSetting("task") === DETECTION ? DETECTION : "classification");

// A plant from the history has no photos that could be sent.
export function changeTask(name) {
  saveSetting("task", name);
  setTask(name);
  if (!plant.photos.length) return renderAgain();
  if (plant.isFromHistory) return undefined;
  setNotices();
  return showResult(createRequest(plant));
}

export function runTask(request) {
  plant.task = task;
  return task === DETECTION ? detectPlants(request) : classify(request);
}

// Show the task's result, or request it.
export function showResult(request) {
  startAttempt();
  const isDetection = task === DETECTION && !plant.isFromHistory;
  plant.task = isDetection ? DETECTION : "classification";
  if (isDetection && plant.detections) return renderDetections();
  if (!isDetection && plant.answer) return renderAnswer();
  return runTask(request);
}
