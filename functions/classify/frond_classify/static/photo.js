import { ProblemError } from "./errors.js";
import { readExif, withoutPlace } from "./exif.js";

const CONTENT_TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", jpe: "image/jpeg", jfif: "image/jpeg", pjpeg: "image/jpeg", mpo: "image/jpeg",
  png: "image/png", webp: "image/webp", avif: "image/avif", gif: "image/gif", heic: "image/heic", heif: "image/heic",
};
export const MAX_PHOTOS = 5;
// More than five times the 224 px of the model's input.
const MAX_SIDE = 1280;
const THUMBNAIL_SIDE = 160;
// Resizing a smaller file would save nothing.
export const RESIZE_ABOVE_BYTES = 300_000;

export const isPhoto = (file) => contentType(file) !== undefined && file.size > 0;

function contentType(file) {
  const byExtension = CONTENT_TYPES[file.name.split(".").pop().toLowerCase()];
  const byType = CONTENT_TYPES[file.type.replace("image/", "")];
  return byType ?? (file.type.startsWith("image/") || !file.type || file.type === "application/octet-stream" ? byExtension : undefined);
}

// A photo, with a promise of its resized copy, where that saves bytes, and of its thumbnail. Both are null for a
// file that the browser cannot decode. `original` is the file without its place, `taken` its time and place.
function createPhoto(file, previous = Promise.resolve()) {
  // One after the other: five decoded photos at once need more memory than a small phone has.
  const resized = previous.then(() => preparePhoto(file));
  return { file, name: file.name, type: contentType(file), source: URL.createObjectURL(file), resized };
}

async function preparePhoto(file) {
  const { spans, ...taken } = await readExif(file).catch(() => ({ spans: [] }));
  const pictures = await resize(file).catch(() => ({ copy: null, thumbnail: null }));
  return { ...pictures, taken, original: withoutPlace(file, spans) };
}

export function createPhotos(files, previous) {
  const photos = [];
  for (const file of files) photos.push(createPhoto(file, photos.at(-1)?.resized ?? previous));
  return photos;
}

export function revokePhotos(photos) {
  for (const { source } of photos) URL.revokeObjectURL(source);
}

// Return the copy, the thumbnail, and the size of the file in pixels.
async function resize(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const thumbnail = drawScaled(bitmap, THUMBNAIL_SIDE).toDataURL("image/jpeg", 0.8);
    const copy = file.size > RESIZE_ABOVE_BYTES ? await encodeJpeg(drawScaled(bitmap, MAX_SIDE)) : null;
    return { copy: copy && copy.size < file.size ? copy : null, thumbnail, size: { width: bitmap.width, height: bitmap.height } };
  } finally {
    bitmap.close();
  }
}

// JPEG has no transparency: the background is white, as in preprocessing.
function drawScaled(bitmap, maxSide) {
  const scale = Math.min(1, maxSide / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}

export const encodeJpeg = (canvas) => new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));

export async function validatePhoto({ file, type }) {
  if (!type) throw new ProblemError("not-a-photo");
  if (!file.size) throw new ProblemError("empty-body");
  // Sending a file that was deleted meanwhile would look like a network error.
  await file.slice(0, 1).arrayBuffer().catch(() => { throw new ProblemError("unreadable-file"); });
}
