import { apiKey } from "./api-key.js";
import { fetchJson } from "./api.js";
import { messages } from "./i18n.js";
import { formatNumber, language } from "./locale.js";
import { listSpecies } from "./species.js";

let model = null;

function fetchModel() {
  model ??= fetchJson("v1/model").catch((error) => {
    model = null;
    throw error;
  });
  return model;
}

// Write on the welcome and beside answers what the model knows, from its manifest.
export async function renderScope() {
  const known = apiKey && (await Promise.all([listSpecies(), fetchModel()]).catch(() => null));
  const before = language;
  for (const element of document.querySelectorAll(".scope")) {
    element.hidden = !known;
    if (known && before === language) element.querySelector(".scope-text").textContent = scopeText(...known);
  }
}

function scopeText(species, { scope, dataset }) {
  const count = (wanted) => species.filter(({ role }) => role === wanted).length;
  return messages.scope(species.length, count("crop"), count("weed"), formatNumber(species.length), messages.growthStages[scope?.growth_stage] ?? dataset.name);
}
