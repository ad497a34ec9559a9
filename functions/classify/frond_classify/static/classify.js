import { renderAnswer } from "./answer.js";
import { apiKey } from "./api-key.js";
import { ProblemError, toProblemError } from "./errors.js";
import { savePlant } from "./history-db.js";
import { messages } from "./i18n.js";
import { formatList, formatMegabytes, language } from "./locale.js";
import { RESIZE_ABOVE_BYTES, validatePhoto } from "./photo.js";
import { newId } from "./plant.js";
import { postPhotos } from "./send.js";
import { loadSetting } from "./settings-store.js";
import { classifyByUpload } from "./upload.js";
import { addNotice, setProgress, showError, showView } from "./views.js";

// The largest photo whose base64, written by API Gateway, fits into Lambda's 6 MB request.
export const MAX_BODY_BYTES = 4_400_000;

export let currentAttempt = new AbortController();

// Abort the running attempt and return a new one.
export function startAttempt() {
  currentAttempt.abort();
  currentAttempt = new AbortController();
  return currentAttempt;
}

// The photos of one plant and how to send them. A retry sends the same idempotency key, so the API returns an
// answer that it already has.
export const createRequest = (plant) =>
  ({ plant, photos: plant.photos, sendsOriginals: loadSetting("original") !== "", idempotencyKey: newId() });

export async function classify(request) {
  const attempt = startAttempt();
  const { plant, photos } = request;
  plant.request = request;
  showView("progress", () => messages.classifying(formatList(photos.map(({ name }) => name))));
  setProgress(messages.sending(photos.length));
  try {
    await Promise.all(photos.map(validatePhoto));
    if (!apiKey) throw new ProblemError("missing-key");
    const answer = validateAnswer(await fetchAnswer(request, attempt));
    if (attempt.signal.aborted) return;
    plant.answer = answer;
    plant.at = new Date();
    renderAnswer();
    await savePlant(plant);
  } catch (error) {
    if (attempt === currentAttempt) showError(toProblemError(attempt.signal.reason ?? error), true);
  }
}

async function fetchAnswer(request, attempt) {
  const images = await prepareImages(request, attempt);
  if (images.length > 1 || images[0].body.size <= MAX_BODY_BYTES) return postClassification(images, request, attempt);
  try {
    return await classifyByUpload(request.photos[0], attempt);
  } catch (error) {
    // Without an uploads bucket, a smaller copy fits into the request body.
    if (error.slug !== "unknown-path") throw error;
    return postClassification([await resizeToFit(request.photos[0], attempt)], request, attempt);
  }
}

// Return a smaller copy that fits into the request body, with a notice.
export async function resizeToFit(photo, attempt) {
  const image = await resizedImage(photo);
  if (!image.isResized) throw new ProblemError("too-large-to-resize");
  if (image.body.size > MAX_BODY_BYTES) throw new ProblemError("payload-too-large");
  attempt.signal.throwIfAborted();
  addNotice(() => messages.resizedToFit(formatMegabytes(photo.file.size), formatMegabytes(image.body.size)));
  return image;
}

export async function prepareImages({ photos, sendsOriginals }, attempt) {
  const originals = await Promise.all(photos.map(originalImage));
  if (sendsOriginals && (photos.length === 1 || totalBytes(originals) <= MAX_BODY_BYTES)) return originals;
  if (photos.some(({ file }) => file.size > RESIZE_ABOVE_BYTES)) setProgress(messages.resizing(photos.length));
  const images = await Promise.all(photos.map(resizedImage));
  attempt.signal.throwIfAborted();
  if (images.length > 1 && totalBytes(images) > MAX_BODY_BYTES) throw new ProblemError("too-large-together");
  if (sendsOriginals) addNotice(() => messages.originalsTooLarge(formatMegabytes(totalBytes(images))));
  return images;
}

async function originalImage({ type, name, resized }) {
  return { body: (await resized).original, type, name, isResized: false };
}

async function resizedImage(photo) {
  const { copy } = await photo.resized;
  return copy ? { body: copy, type: "image/jpeg", name: photo.name, isResized: true } : originalImage(photo);
}

const totalBytes = (images) => images.reduce((sum, { body }) => sum + body.size, 0);

async function postClassification(images, request, attempt) {
  request.bytesSent = totalBytes(images);
  const tag = loadSetting("tag");
  const query = new URLSearchParams({ top: 5, lang: language, explain: true, ...(tag && { tag }) });
  return postImages(`v1/classifications?${query}`, images, attempt, { "idempotency-key": request.idempotencyKey });
}

// Send the photos in the request body; the response is the result.
export async function postImages(path, images, attempt, extraHeaders = {}) {
  setProgress(messages.sending(images.length));
  const { headers, body } = encodeBody(images);
  return postPhotos(path, { headers: { ...headers, ...extraHeaders }, body }, attempt);
}

// One photo is the body itself. Several are multipart/form-data, whose header the browser writes.
function encodeBody(images) {
  if (images.length === 1) return { headers: { "content-type": images[0].type }, body: images[0].body };
  const form = new FormData();
  for (const { body, type, name } of images) form.append("image", new File([body], name, { type }));
  return { headers: {}, body: form };
}

function validateAnswer(answer) {
  if (!answer.verdict || !answer.predictions?.length) throw new ProblemError("unexpected");
  return answer;
}
