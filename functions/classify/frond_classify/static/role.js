import { messages } from "./i18n.js";

export function renderRole(element, role) {
  element.textContent = messages.roles[role] ?? role ?? "";
  element.dataset.role = role ?? "";
}
