import { readExif, withoutPlace } from "./exif.js";

export const MAX_PHOTOS_PER_PLANT = 5;
const SIGNATURES = [
  [/^\xff\xd8\xff/, "image/jpeg"],
  [/^\x89PNG\r\n\x1a\n/, "image/png"],
  [/^GIF8/, "image/gif"],
  [/^RIFF[^]{4}WEBP/, "image/webp"],
  [/^[^]{4}ftyp(hei[cxms]|hev[cx])/, "image/heic"],
  [/^[^]{4}ftyp(mif1|msf1)/, "image/heif"],
  [/^[^]{4}ftypavi[fs]/, "image/avif"],
];

// Read one photo or the list of a plant's photos; each is a Blob, an ArrayBuffer or a view of one. The place where it was
// taken is blanked.
export async function readPhotos(sources, { sendPlace = false } = {}) {
  const photos = Array.isArray(sources) ? sources : [sources];
  if (photos.length < 1 || photos.length > MAX_PHOTOS_PER_PLANT) {
    throw new RangeError(`Pass one to ${MAX_PHOTOS_PER_PLANT} photos of a plant, not ${photos.length}.`);
  }
  return Promise.all(photos.map((photo) => readPhoto(photo, sendPlace)));
}

async function readPhoto(source, sendPlace) {
  const isBinary = source instanceof Blob || source instanceof ArrayBuffer || ArrayBuffer.isView(source);
  if (!isBinary) throw new TypeError("A photo is a Blob, a File, an ArrayBuffer or a typed array.");
  const blob = source instanceof Blob ? source : new Blob([source]);
  const sent = sendPlace ? blob : withoutPlace(blob, (await readExif(blob)).spans);
  return new Blob([sent], { type: await contentType(sent) });
}

// By the first bytes; by the declared type only if these are unknown.
async function contentType(blob) {
  const start = String.fromCharCode(...new Uint8Array(await blob.slice(0, 16).arrayBuffer()));
  return SIGNATURES.find(([signature]) => signature.test(start))?.[1] ?? (blob.type || "application/octet-stream");
}
