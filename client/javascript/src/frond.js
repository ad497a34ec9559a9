import { errorFromProblem, PhotoTooLargeError, ResponseTimeoutError, UploadFailedError } from "./errors.js";
import { readPhotos } from "./photos.js";
import { postForm } from "./post-form.js";
import { parseJson, throwForStatus } from "./responses.js";
import { pause, sendWithRetries } from "./retries.js";

// Lambda takes requests of 6 MB in base64, which is about this many bytes of photos.
const MAX_REQUEST_BYTES = 4_400_000;
// A slower connection than this one of 160 kbit/s times out.
const LEAST_BYTES_PER_MS = 20;
const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 5_000;

// A client of a Frond service; index.d.ts describes its methods. Times are in milliseconds.
export class Frond {
  #url;
  #key;
  #options;

  constructor(url, key, { maxAttempts = 5, maxWait = 120_000, timeout = 30_000, fetch = globalThis.fetch } = {}) {
    if (!url || !key) throw new TypeError("A Frond client needs the URL of the API and an API key.");
    this.#url = String(url).replace(/\/+$/, "");
    this.#key = key;
    this.#options = { maxAttempts, maxWait, timeout, fetch };
  }

  // A single photo over 4.4 MB goes through S3.
  async classify(photos, options = {}) {
    const { top, lang, explain, record, tag, idempotencyKey = randomKey(), signal } = options;
    const blobs = await readPhotos(photos, options);
    const size = totalSize(blobs);
    if (size > MAX_REQUEST_BYTES) {
      if (blobs.length > 1) throw tooLargeTogether(size);
      return this.#upload(blobs[0], options);
    }
    try {
      const headers = { "idempotency-key": idempotencyKey };
      const query = { top, lang, explain, record, tag };
      return await this.#json("POST", "/v1/classifications", { query, headers, body: formOf(blobs), size, signal });
    } catch (error) {
      if (!(error instanceof PhotoTooLargeError) || blobs.length > 1) throw error;
      return this.#upload(blobs[0], options);
    }
  }

  async upload(photo, options = {}) {
    const [blob] = await readPhotos([photo], options);
    return this.#upload(blob, options);
  }

  async detect(photos, options = {}) {
    const { classify, minConfidence, top, lang, signal } = options;
    const blobs = await readPhotos(photos, options);
    const size = totalSize(blobs);
    if (size > MAX_REQUEST_BYTES) throw tooLargeTogether(size);
    const query = { classify, min_confidence: minConfidence, top, lang };
    return this.#json("POST", "/v1/detections", { query, body: formOf(blobs), size, signal });
  }

  get(id, { lang, signal } = {}) {
    return this.#json("GET", pathOf(id), { query: { lang }, signal });
  }

  list({ limit, cursor, key, tag, lang, signal } = {}) {
    return this.#json("GET", "/v1/classifications", { query: { limit, cursor, key, tag, lang }, signal });
  }

  async *iterate(options = {}) {
    let cursor = options.cursor;
    do {
      const page = await this.list({ limit: 100, ...options, cursor });
      yield* page.classifications;
      cursor = page.next_cursor;
    } while (cursor);
  }

  submitFeedback(id, species, { comment = null, consent = false, signal } = {}) {
    return this.#json("PUT", `${pathOf(id)}/feedback`, { json: { species, comment, consent }, signal });
  }

  async delete(id, { signal } = {}) {
    await throwForStatus(await this.#send("DELETE", pathOf(id), { signal }));
  }

  async species({ lang, signal } = {}) {
    return (await this.#json("GET", "/v1/species", { query: { lang }, signal })).species;
  }

  model({ signal } = {}) {
    return this.#json("GET", "/v1/model", { signal });
  }

  usage({ signal } = {}) {
    return this.#json("GET", "/v1/usage", { signal });
  }

  async #upload(blob, { top, lang, record, tag, signal, onProgress }) {
    const declared = { content_type: blob.type, size: blob.size, ...(tag !== undefined && { tag }) };
    const target = await this.#json("POST", "/v1/uploads", { json: declared, signal });
    await this.#postToS3(target, blob, signal, onProgress);
    const classification = await this.#poll(target.id, lang, signal, onProgress);
    if (record === false) await this.delete(target.id, { signal });
    if (classification.status === "failed") throw errorFromProblem({ status: 422, ...classification.error });
    return { ...classification, predictions: classification.predictions.slice(0, top) };
  }

  // S3 does not get the API key.
  async #postToS3({ url, fields }, blob, signal, onProgress) {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", blob, "photo");
    onProgress?.({ stage: "uploading", loaded: 0, total: blob.size });
    const { fetch } = this.#options;
    const response = await this.#retry(() => postForm(url, form, { fetch, signal: this.#limit(signal, blob.size), onProgress }), signal);
    if (response.ok) return;
    const [, message] = /<Message>([^]*?)<\/Message>/.exec(await response.text()) ?? [];
    throw new UploadFailedError(`S3 rejected the upload: ${response.status}, ${message ?? response.statusText}`);
  }

  async #poll(id, lang, signal, onProgress) {
    const deadline = Date.now() + this.#options.maxWait;
    for (let delay = FIRST_POLL_MS; ; delay = Math.min(delay * 1.5, LONGEST_POLL_MS)) {
      await pause(delay, signal);
      const classification = await this.get(id, { lang, signal });
      if (["succeeded", "failed"].includes(classification.status)) return classification;
      onProgress?.({ stage: classification.status });
      if (Date.now() + delay > deadline) {
        throw new ResponseTimeoutError(`The photo is still ${classification.status} after ${this.#options.maxWait / 1000} seconds; get ${id} later.`, id);
      }
    }
  }

  async #json(method, path, request) {
    return parseJson(await this.#send(method, path, request));
  }

  #send(method, path, { query = {}, headers = {}, json, body = json && JSON.stringify(json), size = 0, signal } = {}) {
    const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
    const url = `${this.#url}${path}${set.length ? `?${new URLSearchParams(set)}` : ""}`;
    const all = { "x-api-key": this.#key, ...(json && { "content-type": "application/json" }), ...headers };
    const { fetch } = this.#options;
    return this.#retry(() => fetch(url, { method, headers: all, body, signal: this.#limit(signal, size) }), signal);
  }

  // A request may take longer the more bytes it sends.
  #limit(signal, size) {
    const limit = AbortSignal.timeout(Math.ceil(this.#options.timeout + size / LEAST_BYTES_PER_MS));
    return signal ? AbortSignal.any([signal, limit]) : limit;
  }

  #retry(send, signal) {
    const { maxAttempts, maxWait } = this.#options;
    return sendWithRetries(send, { maxAttempts, deadline: Date.now() + maxWait, signal });
  }
}

const pathOf = (id) => `/v1/classifications/${encodeURIComponent(id)}`;

const totalSize = (blobs) => blobs.reduce((sum, { size }) => sum + size, 0);

// File names are not sent.
function formOf(blobs) {
  const form = new FormData();
  for (const blob of blobs) form.append("image", blob, "photo");
  return form;
}

// crypto.randomUUID exists on https only.
const randomKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

const tooLargeTogether = (size) => new PhotoTooLargeError({
  type: "urn:frond:problem:payload-too-large",
  title: "The request has too many bytes",
  status: 413,
  detail: `A request takes ${MAX_REQUEST_BYTES} bytes, and these have ${size}. Make them smaller, or send fewer.`,
});
