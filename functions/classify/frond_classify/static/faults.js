"use strict";

const SLUG_OF_STATUS = { 401: "missing-key", 403: "missing-key", 413: "payload-too-large", 415: "unsupported-media-type", 429: "throttled", 504: "timeout" };

// A reason why there is no answer: one that this page found, or a problem document of the API.
class Fault extends Error {
  constructor(slug, { title, detail, status = 0, request_id: reference = "" } = {}) {
    super(slug);
    Object.assign(this, { slug, title, detail, status, reference });
  }

  static ofAnswer(status, document) {
    const slug = String(document.type ?? "").split(":").pop();
    const refused = SLUG_OF_STATUS[status] === "missing-key";
    return new Fault((!refused && slug) || SLUG_OF_STATUS[status] || "unexpected", { ...document, status });
  }

  static ofNetwork() {
    return new Fault(navigator.onLine ? "unreachable" : "offline");
  }

  get isPassing() {
    return ["offline", "unreachable", "timeout", "throttled", "unexpected"].includes(this.slug) || this.status >= 500;
  }

  // A problem that this page has no words for brings its own.
  get words() {
    const [title, advice] = words.faults[this.slug] ?? [this.title, this.detail];
    return [title || words.faults.unexpected[0], advice || words.faults.unexpected[1]];
  }
}
