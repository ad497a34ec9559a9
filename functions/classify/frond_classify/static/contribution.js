"use strict";

// A photo that came with a request is kept nowhere. With consent it goes to the bucket, with what was said of it,
// so that a model can learn from it; when consent is taken back it is deleted there.
async function contribute(about, feedback) {
  const { answer } = about;
  if (answer.source.door === "s3") return;
  answer.contributed ??= [];
  if (!feedback.consent) {
    for (; answer.contributed.length; answer.contributed.pop()) {
      await call(`v1/classifications/${answer.contributed.at(-1)}`, { method: "DELETE" });
    }
    return;
  }
  const { signal } = new AbortController();
  // What was sent before it broke off is not sent again; what comes from the history is only a thumbnail.
  for (const { file, type } of about.photos.slice(answer.contributed.length)) {
    if (!file) break;
    const form = await announced(file, type);
    if (!form) return;
    await upload(form, file, { signal });
    answer.contributed.push(form.id);
  }
  for (const id of answer.contributed) {
    await finished(id, { signal });
    await sendJson(`v1/classifications/${id}/feedback`, "PUT", feedback);
  }
}

// Where there is no bucket, nothing can be contributed.
async function announced(file, type) {
  return sendJson("v1/uploads", "POST", { content_type: type, size: file.size }).catch((fault) => {
    if (fault.slug !== "unknown-path") throw fault;
  });
}
