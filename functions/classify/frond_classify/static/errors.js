import { messages } from "./i18n.js";

const SLUG_OF_STATUS = { 401: "missing-key", 403: "missing-key", 413: "payload-too-large", 415: "unsupported-media-type", 429: "throttled", 504: "timeout" };

// Why there is no answer: an error that the page itself found, or a problem document of the API (RFC 9457).
export class ProblemError extends Error {
  constructor(slug, { title, detail, status = 0, request_id: requestId = "" } = {}) {
    super(slug);
    Object.assign(this, { slug, title, detail, status, requestId });
  }

  static fromResponse(status, document) {
    const slug = String(document.type ?? "").split(":").pop();
    const isKeyRefused = SLUG_OF_STATUS[status] === "missing-key";
    return new ProblemError((!isKeyRefused && slug) || SLUG_OF_STATUS[status] || "unexpected", { ...document, status });
  }

  static fromNetwork() {
    return new ProblemError(navigator.onLine ? "unreachable" : "offline");
  }

  get isTransient() {
    return ["offline", "unreachable", "timeout", "throttled", "unexpected"].includes(this.slug) || this.status >= 500;
  }

  // A slug without a translation has the title and the detail of the API.
  get texts() {
    const [title, advice] = messages.errors[this.slug] ?? [this.title, this.detail];
    return [title || messages.errors.unexpected[0], advice || messages.errors.unexpected[1]];
  }
}

// Any other exception is a bug of the page.
export function toProblemError(error) {
  if (!(error instanceof ProblemError)) console.error(error);
  return error instanceof ProblemError ? error : new ProblemError("unexpected");
}
