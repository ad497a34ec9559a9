"use strict";

const CONTENT_TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", jpe: "image/jpeg", jfif: "image/jpeg", pjpeg: "image/jpeg", mpo: "image/jpeg",
  png: "image/png", webp: "image/webp", avif: "image/avif", gif: "image/gif", heic: "image/heic", heif: "image/heic",
};
const MOST_PHOTOS = 5;
// The model looks at 224 px; this leaves it more than five times that.
const LONGEST_SIDE = 1280;
const THUMBNAIL_SIDE = 160;
// A file so small has nothing to win.
const SMALL_BYTES = 300_000;

const isPhoto = (file) => contentType(file) !== undefined && file.size > 0;

function contentType(file) {
  const named = CONTENT_TYPES[file.name.split(".").pop().toLowerCase()];
  const told = CONTENT_TYPES[file.type.replace("image/", "")];
  return told ?? (file.type.startsWith("image/") || !file.type || file.type === "application/octet-stream" ? named : undefined);
}

// A photo and what is made of it on this device: a smaller copy, where that saves bytes, and a thumbnail. Both
// are null for a file that the browser cannot decode.
function photoOf(file, before = Promise.resolve()) {
  // One after the other: five decoded photos at once are more than a small phone can hold.
  const made = before.then(() => miniatures(file)).catch(() => ({ copy: null, thumbnail: null }));
  return { file, name: file.name, type: contentType(file), source: URL.createObjectURL(file), made };
}

function photosOf(files, before) {
  const photos = [];
  for (const file of files) photos.push(photoOf(file, photos.at(-1)?.made ?? before));
  return photos;
}

async function miniatures(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  try {
    const thumbnail = drawn(bitmap, THUMBNAIL_SIDE).toDataURL("image/jpeg", 0.8);
    const copy = file.size > SMALL_BYTES ? await encoded(drawn(bitmap, LONGEST_SIDE)) : null;
    return { copy: copy && copy.size < file.size ? copy : null, thumbnail };
  } finally {
    bitmap.close();
  }
}

// JPEG knows no transparency: what shines through is white, as the model's own pictures are.
function drawn(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
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

const encoded = (canvas) => new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));

async function check({ file, type }) {
  if (!type) throw new Fault("not-a-photo");
  if (!file.size) throw new Fault("empty-body");
  // A file that went away between choosing and sending would look like a network that is down.
  await file.slice(0, 1).arrayBuffer().catch(() => { throw new Fault("unreadable-file"); });
}
