export * from "./errors.js";
export { readExif, withoutPlace } from "./exif.js";
export { Frond } from "./frond.js";
