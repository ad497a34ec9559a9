"use strict";

// A large photo waits in two queues, and may wait for a function to start at each.
const UPLOAD_PATIENCE_MS = 180_000;
const LOOK_EVERY_MS = 1_000;

// The door for large photos: a form to send one with, and then to ask how far it is.
async function askWithLarge({ file, type }, attempt) {
  const late = setTimeout(() => attempt.abort(new Fault("timeout")), UPLOAD_PATIENCE_MS);
  try {
    step(words.announcing);
    const form = await sendJson("v1/uploads", "POST", { content_type: type, size: file.size }, attempt.signal);
    await upload(form, file, attempt);
    return await finished(form.id, attempt);
  } finally {
    clearTimeout(late);
    byId("sent").hidden = true;
  }
}

// Not fetch, which does not tell how much of a body has gone.
function upload({ url, fields }, file, attempt) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file);
  const request = new XMLHttpRequest();
  const tellProgress = (part) => {
    byId("sent").value = part;
    step(words.uploading(percent(part)));
  };
  return new Promise((sent, failed) => {
    attempt.signal.addEventListener("abort", () => request.abort());
    request.upload.addEventListener("progress", (event) => event.lengthComputable && tellProgress(event.loaded / event.total));
    request.addEventListener("load", () => (request.status < 300 ? sent() : failed(new Fault("unexpected", { status: request.status }))));
    request.addEventListener("error", () => failed(Fault.ofNetwork()));
    request.addEventListener("abort", () => failed(attempt.signal.reason ?? new Fault("unexpected")));
    request.open("POST", url);
    byId("sent").hidden = false;
    tellProgress(0);
    request.send(body);
  });
}

async function finished(id, attempt) {
  byId("sent").hidden = true;
  for (;;) {
    const answer = await call(`v1/classifications/${id}?lang=${language}`, { signal: attempt.signal });
    if (answer.status === "succeeded") return answer;
    if (answer.status === "failed") throw Fault.ofAnswer(422, answer.error ?? {});
    step(words.statuses[answer.status] ?? words.stillSending);
    await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
    attempt.signal.throwIfAborted();
  }
}
