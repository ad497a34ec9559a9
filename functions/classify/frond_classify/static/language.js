"use strict";

// What the page says, by language. Each language is a file in words/.
const WORDS = {};

let language = "en";
let locale = "en";
let words = {};

const primary = (tag) => tag.toLowerCase().split("-")[0];

// The language that was chosen here, or else the first of the browser's that this page speaks.
function speak(chosen) {
  const wanted = [chosen, ...navigator.languages].filter(Boolean);
  language = wanted.map(primary).find((tag) => tag in WORDS) ?? "en";
  locale = navigator.languages.find((tag) => primary(tag) === language) ?? language;
  words = WORDS[language];
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-words]")) element.textContent = words[element.dataset.words];
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", words[element.dataset.label]);
}

const percent = (part) => new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 0 }).format(part);
const count = (number) => new Intl.NumberFormat(locale).format(number);
const list = (names) => new Intl.ListFormat(locale, { type: "conjunction" }).format(names);
const moment = (date) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(date);

const megabytes = (bytes) =>
  new Intl.NumberFormat(locale, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(Math.max(bytes / 1e6, 0.1));

// No bar and no number claims more than a calibrated network can know.
function share(confidence) {
  if (confidence > 0.99) return words.moreThan(percent(0.99));
  return confidence < 0.01 ? words.lessThan(percent(0.01)) : percent(confidence);
}
