import { apiKey } from "./api-key.js";
import { resolveUrl, TIMEOUT_MS } from "./api.js";
import { ProblemError } from "./errors.js";
import { messages } from "./i18n.js";
import { formatPercent } from "./locale.js";
import { byId, setProgress } from "./views.js";

const SLOW_AFTER_MS = 4_000;
// A bar for a shorter upload would only flash.
const BAR_AFTER_MS = 600;

// POST photos and return the JSON of the response. fetch reports no progress of a request body, XMLHttpRequest does. An
// upload may take as long as it moves; the service has its time once everything is sent.
export async function postPhotos(path, { headers, body }, attempt) {
  const xhr = new XMLHttpRequest();
  const started = performance.now();
  let isSending = false;
  let timeout = 0;
  const restartTimeout = () => {
    clearTimeout(timeout);
    timeout = setTimeout(() => attempt.abort(new ProblemError("timeout")), TIMEOUT_MS);
  };
  const slow = setInterval(() => isSending || setProgress(messages.stillSending), SLOW_AFTER_MS);
  xhr.upload.addEventListener("progress", ({ loaded, total }) => {
    isSending = loaded < total;
    restartTimeout();
    if (isSending && performance.now() - started > BAR_AFTER_MS) showUploadProgress(loaded / total);
  });
  xhr.upload.addEventListener("load", () => {
    isSending = false;
    restartTimeout();
    if (!byId("upload-progress").hidden) setProgress(messages.sent);
    byId("upload-progress").hidden = true;
  });
  restartTimeout();
  try {
    // Read first, so that a file that vanishes meanwhile is no network error. A form writes its own header.
    const encoded = new Response(body);
    const allHeaders = { "content-type": encoded.headers.get("content-type"), "x-api-key": apiKey, ...headers };
    return await responseOf(xhr, resolveUrl(path), allHeaders, await encoded.arrayBuffer(), attempt);
  } finally {
    clearInterval(slow);
    clearTimeout(timeout);
    byId("upload-progress").hidden = true;
  }
}

function responseOf(xhr, url, headers, body, attempt) {
  return new Promise((resolve, reject) => {
    attempt.signal.throwIfAborted();
    attempt.signal.addEventListener("abort", () => xhr.abort());
    xhr.addEventListener("load", () => {
      const document = parseJson(xhr.responseText);
      if (xhr.status < 300) resolve(document);
      else reject(ProblemError.fromResponse(xhr.status, document));
    });
    xhr.addEventListener("error", () => reject(ProblemError.fromNetwork()));
    xhr.addEventListener("abort", () => reject(attempt.signal.reason ?? new ProblemError("unexpected")));
    xhr.open("POST", url);
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    xhr.send(body);
  });
}

function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

export function showUploadProgress(part) {
  byId("upload-progress").hidden = false;
  byId("upload-progress").value = part;
  setProgress(messages.uploading(formatPercent(part)));
}
