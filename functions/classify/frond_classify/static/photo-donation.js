import { fetchJson, sendJson } from "./api.js";
import { pollClassification, upload } from "./upload.js";

// A photo in a request body is not stored. With consent it is uploaded to S3 with its feedback, so that a model can
// be trained on it; when the consent is withdrawn it is deleted there.
export async function donatePhotos({ answer, photos }, feedback, showProgress) {
  if (answer.source.door === "s3") return;
  answer.donations ??= [];
  if (!feedback.consent) {
    for (; answer.donations.length; answer.donations.pop()) {
      await fetchJson(`v1/classifications/${answer.donations.at(-1)}`, { method: "DELETE" });
    }
    return;
  }
  const { signal } = new AbortController();
  // A retry skips the photos that were uploaded before. A plant from the history has only thumbnails.
  for (const { type, resized } of photos.slice(answer.donations.length)) {
    const { original: file } = await resized;
    if (!file) break;
    const form = await requestUpload(file, type);
    if (!form) return;
    await upload(form, file, { signal }, showProgress);
    answer.donations.push(form.id);
  }
  for (const id of answer.donations) {
    await pollClassification(id, { signal });
    await sendJson(`v1/classifications/${id}/feedback`, "PUT", feedback);
  }
}

// Return nothing where the API has no uploads bucket.
async function requestUpload(file, type) {
  return sendJson("v1/uploads", "POST", { content_type: type, size: file.size }).catch((error) => {
    if (error.slug !== "unknown-path") throw error;
  });
}
