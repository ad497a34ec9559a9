import { messages } from "./i18n.js";

export const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

// A plant: its photos, the index of the selected one, and its latest request, answer and detections. Its task is the one
// whose result is shown. One from the history has only thumbnails, and the date of its answer.
export const createPlant = (photos, saved = {}) =>
  ({ id: newId(), photos, selected: 0, request: null, task: "classification", answer: null, detections: null, at: null, isFromHistory: false, ...saved });

// The plant on the page.
export let plant = createPlant([]);

export function setPlant(newPlant) {
  plant = newPlant;
}

// The result of one photo by itself. An answer without results per image has a single photo.
export function imageResult(answer, index) {
  const { image, verdict, predictions, evidence } = answer;
  return answer.images?.[index] ?? (index === 0 ? { ...image, verdict, predictions, evidence } : {});
}

export const displayName = (prediction) => prediction.common_name || prediction.scientific_name;

export function headline({ verdict, predictions }) {
  if (verdict === "identified") return displayName(predictions[0]);
  return verdict === "not_recognised" ? messages.notRecognised : messages.uncertain;
}
