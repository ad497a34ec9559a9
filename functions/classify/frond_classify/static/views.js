import { messages } from "./i18n.js";

// One view at a time is visible, beside the photo viewer.
const VIEWS = ["welcome", "progress", "answer", "detections", "error", "access"];

export const byId = (id) => document.getElementById(id);

let notices = [];
let renderView = () => {};

// `render` fills the view and returns the text for screen readers; a change of the language calls it again.
export function showView(name, render) {
  const focusedView = document.activeElement?.closest(".view");
  for (const view of VIEWS) byId(view).hidden = view !== name;
  renderView = () => setStatus(render());
  renderView();
  // Focus in a hidden view would fall back to the top of the page.
  if (focusedView?.hidden) byId(name).querySelector("h2").focus();
}

export const showWelcome = () => showView("welcome", () => messages.welcome);

export function showApiKeyForm(titleKey) {
  byId("key").value = "";
  showView("access", () => {
    byId("key-title").textContent = messages[titleKey];
    return `${messages[titleKey]}. ${messages.keyHelp}`;
  });
  byId("key").focus();
}

export function showError(error, canRetry) {
  if (error.slug === "missing-key") return showApiKeyForm(error.status ? "keyRefused" : "keyMissing");
  return showView("error", () => {
    const [title, advice] = error.texts;
    byId("error-title").textContent = title;
    byId("error-advice").textContent = advice;
    byId("error-reference").textContent = error.status >= 500 && error.requestId ? messages.reference(error.requestId) : "";
    byId("retry").hidden = !canRetry || !error.isTransient;
    return `${title}. ${advice}`;
  });
}

// A dialog that was scrolled when it was closed opens at its top again.
export function openDialog(id) {
  byId(id).showModal();
  byId(id).scrollTop = 0;
}

// Screen readers read the status aloud.
export function setStatus(text) {
  byId("status").textContent = text;
}

export function setProgress(text) {
  byId("progress-step").textContent = text;
}

// Notices are functions, so that a change of the language can call them again.
export function setNotices(...messageFunctions) {
  notices = messageFunctions;
  const text = notices.map((notice) => notice()).join(" ");
  byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

export const addNotice = (notice) => setNotices(...notices, notice);

export function renderAgain() {
  renderView();
  setNotices(...notices);
}
