// When and where a photo was taken, from its EXIF metadata (CIPA DC-008). It is read on this device, and the place is
// blanked in every file that is sent, in XMP, too.
const SEARCHED_BYTES = 1_000_000;
// The header before the TIFF structure in JPEG, HEIC and AVIF; in WebP; and in PNG.
const TIFF = /(?:Exif\0\0|EXIF[^]{4}|eXIf)(?=II\*\0|MM\0\*)/g;
const XMP_PLACE = /(exif:GPS\w{1,40}(?:\s?=\s?["']|>))[^"'<]{1,100}/g;
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];
const TAG = { exif: 0x8769, gps: 0x8825, takenAt: 0x9003, latitudeRef: 1, latitude: 2, longitudeRef: 3, longitude: 4 };
const MAX_TAGS = 200;

// Return `takenAt` (local time, ISO 8601), `latitude` and `longitude` in degrees, where the file has them; and `spans`,
// the first and the last byte of each part of the place.
export async function readExif(file) {
  const bytes = new Uint8Array(await file.slice(0, SEARCHED_BYTES).arrayBuffer());
  // A letter for each byte.
  const text = new TextDecoder("latin1").decode(bytes);
  const [first, ...others] = [...text.matchAll(TIFF)].map((match) => readTiff(bytes, match.index + match[0].length));
  const xmp = [...text.matchAll(XMP_PLACE)].map((match) => [match.index + match[1].length, match.index + match[0].length]);
  return { ...first, spans: [first, ...others].flatMap((tags) => tags?.spans ?? []).concat(xmp) };
}

function readTiff(bytes, start) {
  try {
    return readTags(new TiffView(bytes, start));
  } catch (error) {
    if (error instanceof RangeError) return { spans: [] };
    throw error;
  }
}

class TiffView {
  constructor(bytes, start) {
    this.start = start;
    this.isLittle = bytes[start] === 0x49;
    this.view = new DataView(bytes.buffer, start);
  }

  uint16(at) {
    return this.view.getUint16(at, this.isLittle);
  }

  uint32(at) {
    return this.view.getUint32(at, this.isLittle);
  }

  // Return the tags of a directory by number: where the value lies, and its number of bytes.
  directory(at) {
    const count = this.uint16(at);
    if (count > MAX_TAGS) throw new RangeError("too many tags");
    const tags = new Map();
    for (let entry = at + 2; entry < at + 2 + 12 * count; entry += 12) {
      const bytes = (TYPE_BYTES[this.uint16(entry + 2)] ?? 0) * this.uint32(entry + 4);
      tags.set(this.uint16(entry), { at: bytes > 4 ? this.uint32(entry + 8) : entry + 8, bytes });
    }
    return tags;
  }

  text(tag) {
    if (!tag) return "";
    const letters = Array.from({ length: tag.bytes }, (_, index) => this.view.getUint8(tag.at + index));
    return String.fromCharCode(...letters).replace(/\0.*$/, "");
  }

  // Return degrees, minutes and seconds as degrees.
  degrees(tag, ref) {
    if (tag?.bytes !== 24) return NaN;
    const [whole, minutes, seconds] = [0, 8, 16].map((offset) => this.uint32(tag.at + offset) / this.uint32(tag.at + offset + 4));
    const value = whole + minutes / 60 + (Number.isFinite(seconds) ? seconds / 3600 : 0);
    return /^[SW]/.test(this.text(ref)) ? -value : value;
  }
}

function readTags(tiff) {
  const main = tiff.directory(tiff.uint32(4));
  const place = main.has(TAG.gps) ? readPlace(tiff, tiff.uint32(main.get(TAG.gps).at)) : { spans: [] };
  const taken = main.has(TAG.exif) ? tiff.text(tiff.directory(tiff.uint32(main.get(TAG.exif).at)).get(TAG.takenAt)) : "";
  const match = /^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)/.exec(taken);
  const takenAt = match && `${match[1]}-${match[2]}-${match[3]}T${match[4]}`;
  // A camera whose clock was never set writes zeros.
  return { ...place, ...(takenAt && Date.parse(takenAt) && { takenAt }) };
}

function readPlace(tiff, at) {
  const tags = tiff.directory(at);
  const latitude = tiff.degrees(tags.get(TAG.latitude), tags.get(TAG.latitudeRef));
  const longitude = tiff.degrees(tags.get(TAG.longitude), tags.get(TAG.longitudeRef));
  const isPlace = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  const values = [...tags.values()].filter(({ bytes }) => bytes > 4).map((tag) => [tag.at, tag.at + tag.bytes]);
  const spans = [[at, at + 2 + 12 * tiff.uint16(at)], ...values].map((span) => span.map((offset) => tiff.start + offset));
  return { spans, ...(isPlace && { latitude, longitude }) };
}

// Return the file with zeros instead of its place: as long as before, and with an empty GPS directory.
export function withoutPlace(file, spans) {
  const parts = [];
  let end = 0;
  for (const [from, to] of [...spans].sort(([one], [other]) => one - other)) {
    const start = Math.max(from, end);
    if (to <= start || to > file.size) continue;
    parts.push(file.slice(end, start), new Uint8Array(to - start));
    end = to;
  }
  return parts.length ? new File([...parts, file.slice(end)], file.name, { type: file.type }) : file;
}
