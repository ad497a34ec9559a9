import { formatPercent, setLocale } from "./locale.js";
import { en } from "./locales/en.js";
import { es } from "./locales/es.js";
import { fr } from "./locales/fr.js";

const MESSAGES = { en, es, fr };

// The messages in the language of the page.
export let messages = en;

const primarySubtag = (tag) => tag.toLowerCase().split("-")[0];

// Use the chosen language, or else the first of the browser's languages that has messages.
export function setLanguage(chosen) {
  const candidates = [chosen, ...navigator.languages].filter(Boolean);
  const language = candidates.map(primarySubtag).find((tag) => tag in MESSAGES) ?? "en";
  setLocale(language, navigator.languages.find((tag) => primarySubtag(tag) === language) ?? language);
  messages = MESSAGES[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-i18n]")) element.textContent = messages[element.dataset.i18n];
  for (const element of document.querySelectorAll("[data-i18n-label]")) element.setAttribute("aria-label", messages[element.dataset.i18nLabel]);
}

// Neither 0 % nor 100 % is shown: a calibrated network cannot be that certain.
export function formatConfidence(confidence) {
  if (confidence > 0.99) return messages.moreThan(formatPercent(0.99));
  return confidence < 0.01 ? messages.lessThan(formatPercent(0.01)) : formatPercent(confidence);
}
