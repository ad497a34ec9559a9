import { fetchJson, sendJson } from "./api.js";
import { ProblemError } from "./errors.js";
import { messages } from "./i18n.js";
import { language } from "./locale.js";
import { showUploadProgress } from "./send.js";
import { loadSetting } from "./settings-store.js";
import { byId, setProgress } from "./views.js";

// A large photo waits in two queues, and at each for a function that may have to start.
const UPLOAD_TIMEOUT_MS = 180_000;
const POLL_INTERVAL_MS = 1_000;

// Send a large photo to S3 with a presigned POST, then poll for its classification.
export async function classifyByUpload({ type, resized }, attempt) {
  const timeout = setTimeout(() => attempt.abort(new ProblemError("timeout")), UPLOAD_TIMEOUT_MS);
  try {
    setProgress(messages.requestingUpload);
    const { original: file } = await resized;
    const tag = loadSetting("tag");
    const form = await sendJson("v1/uploads", "POST", { content_type: type, size: file.size, ...(tag && { tag }) }, attempt.signal);
    await upload(form, file, attempt, showUploadProgress);
    byId("upload-progress").hidden = true;
    return await pollClassification(form.id, attempt);
  } finally {
    clearTimeout(timeout);
    byId("upload-progress").hidden = true;
  }
}

// fetch reports no progress of a request body, XMLHttpRequest does.
export function upload({ url, fields }, file, attempt, showProgress) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file);
  const xhr = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    attempt.signal.addEventListener("abort", () => xhr.abort());
    xhr.upload.addEventListener("progress", (event) => event.lengthComputable && showProgress(event.loaded / event.total));
    xhr.addEventListener("load", () => (xhr.status < 300 ? resolve() : reject(new ProblemError("unexpected", { status: xhr.status }))));
    xhr.addEventListener("error", () => reject(ProblemError.fromNetwork()));
    xhr.addEventListener("abort", () => reject(attempt.signal.reason ?? new ProblemError("unexpected")));
    xhr.open("POST", url);
    showProgress(0);
    xhr.send(body);
  });
}

export async function pollClassification(id, attempt) {
  for (;;) {
    const answer = await fetchJson(`v1/classifications/${id}?lang=${language}`, { signal: attempt.signal });
    if (answer.status === "succeeded") return answer;
    if (answer.status === "failed") throw ProblemError.fromResponse(422, answer.error ?? {});
    setProgress(messages.statuses[answer.status] ?? messages.stillSending);
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    attempt.signal.throwIfAborted();
  }
}
