// POST a form and return its response. fetch reports no progress of a request body, XMLHttpRequest does, where there is one.
export function postForm(url, form, { fetch, signal, onProgress }) {
  if (onProgress && fetch === globalThis.fetch && globalThis.XMLHttpRequest) return postWithProgress(url, form, signal, onProgress);
  return fetch(url, { method: "POST", body: form, signal });
}

function postWithProgress(url, form, signal, onProgress) {
  const xhr = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const abort = () => xhr.abort();
    signal?.addEventListener("abort", abort, { once: true });
    xhr.upload.addEventListener("progress", ({ loaded, total }) => onProgress({ stage: "uploading", loaded, total }));
    xhr.addEventListener("load", () => resolve(new Response(xhr.status === 204 ? null : xhr.response, { status: xhr.status, statusText: xhr.statusText })));
    xhr.addEventListener("error", () => reject(new TypeError("the upload failed")));
    xhr.addEventListener("abort", () => reject(signal.reason));
    xhr.addEventListener("loadend", () => signal?.removeEventListener("abort", abort));
    xhr.responseType = "arraybuffer";
    xhr.open("POST", url);
    xhr.send(form);
  });
}
