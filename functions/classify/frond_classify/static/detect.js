import { apiKey } from "./api-key.js";
import { currentAttempt, MAX_BODY_BYTES, postImages, prepareImages, resizeToFit, startAttempt } from "./classify.js";
import { loadSpecies } from "./detected-plants.js";
import { renderDetections } from "./detections.js";
import { ProblemError, toProblemError } from "./errors.js";
import { messages } from "./i18n.js";
import { formatList, language } from "./locale.js";
import { validatePhoto } from "./photo.js";
import { setProgress, showError, showView } from "./views.js";

// Find the plants in each photo of the request. The API stores nothing of it, so a retry is a new detection.
export async function detectPlants(request) {
  const attempt = startAttempt();
  const { plant, photos } = request;
  plant.request = request;
  showView("progress", () => messages.searching(formatList(photos.map(({ name }) => name))));
  setProgress(messages.sending(photos.length));
  try {
    await Promise.all(photos.map(validatePhoto));
    if (!apiKey) throw new ProblemError("missing-key");
    const [response] = await Promise.all([fetchDetections(request, attempt), loadSpecies()]);
    if (attempt.signal.aborted) return;
    plant.detections = response;
    renderDetections();
  } catch (error) {
    if (attempt === currentAttempt) showError(toDetectionError(attempt.signal.reason ?? error), true);
  }
}

async function fetchDetections(request, attempt) {
  const images = await prepareImages(request, attempt);
  if (images.length === 1 && images[0].body.size > MAX_BODY_BYTES) images[0] = await resizeToFit(request.photos[0], attempt);
  const query = new URLSearchParams({ classify: true, top: 3, lang: language });
  const response = await postImages(`v1/detections?${query}`, images, attempt);
  if (!Array.isArray(response.detections)) throw new ProblemError("unexpected");
  return response;
}

// A service without a detector does not have the path.
const toDetectionError = (error) => (error.slug === "unknown-path" ? new ProblemError("no-detector") : toProblemError(error));
