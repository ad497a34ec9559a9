import { renderImageResult } from "./answer.js";
import { createRequest, startAttempt } from "./classify.js";
import { renderDetections } from "./detections.js";
import { ProblemError } from "./errors.js";
import { messages } from "./i18n.js";
import { formatList } from "./locale.js";
import { createPhotos, isPhoto, MAX_PHOTOS, revokePhotos } from "./photo.js";
import { renderPhotos, selectPhoto } from "./photo-viewer.js";
import { createPlant, plant, setPlant } from "./plant.js";
import { runTask } from "./task.js";
import { addNotice, byId, setNotices, setStatus, showError, showWelcome } from "./views.js";

// Run the task on the files as photos of a new plant.
export function replacePhotos(files) {
  startAttempt();
  setNotices();
  const given = [...files];
  if (!given.length) return showError(new ProblemError("no-photo"), false);
  const photoFiles = given.filter(isPhoto);
  revokePhotos(plant.photos);
  // A single file that is no photo is shown with its error.
  setPlant(createPlant(createPhotos(photoFiles.length ? photoFiles.slice(0, MAX_PHOTOS) : given.slice(0, 1))));
  if (photoFiles.length) reportLeftOut(given, photoFiles.slice(MAX_PHOTOS));
  renderPhotos();
  return runTask(createRequest(plant));
}

// Add photos to the plant and run the task on all of them.
export function addPhotos(files) {
  if (!plant.photos.length || plant.isFromHistory) return replacePhotos(files);
  const given = [...files];
  const photoFiles = given.filter(isPhoto);
  const room = MAX_PHOTOS - plant.photos.length;
  setNotices();
  reportLeftOut(given, photoFiles.slice(room));
  if (!photoFiles.length || !room) return undefined;
  plant.selected = plant.photos.length;
  plant.photos = [...plant.photos, ...createPhotos(photoFiles.slice(0, room), plant.photos.at(-1).resized)];
  return runTaskAgain();
}

export function removePhoto(index) {
  revokePhotos([plant.photos[index]]);
  plant.photos = plant.photos.filter((_, at) => at !== index);
  plant.selected = Math.max(0, Math.min(plant.selected, plant.photos.length - 1));
  setNotices();
  if (plant.photos.length) return runTaskAgain();
  startAttempt();
  setPlant(createPlant([]));
  renderPhotos();
  showWelcome();
  byId("choose-photo").focus();
  return undefined;
}

function runTaskAgain() {
  plant.answer = plant.detections = null;
  renderPhotos();
  byId("add-photo").focus();
  return runTask(createRequest(plant));
}

function reportLeftOut(given, leftOut) {
  const skipped = given.filter((file) => !isPhoto(file));
  const names = (files) => formatList(files.map(({ name }) => name));
  if (skipped.length) addNotice(() => messages.skipped(names(skipped)));
  if (leftOut.length) addNotice(() => messages.leftOut(names(leftOut)));
}

export function viewPhoto(index) {
  selectPhoto(index);
  if (plant.task === "detection" && plant.detections) return renderDetections();
  return setStatus((plant.answer && renderImageResult(plant.answer)) || messages.photoNumber(index + 1, plant.photos.length));
}
