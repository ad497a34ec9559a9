import { apiKey } from "./api-key.js";
import { formatConfidence, messages } from "./i18n.js";
import { formatNumber, formatPercent } from "./locale.js";
import { renderRole } from "./role.js";
import { showSpeciesPhoto } from "./species-photos.js";
import { commonName, fromSlug, listSpecies } from "./species.js";
import { byId, openDialog, showApiKeyForm } from "./views.js";

const PHOTO_NUMBERS = [1, 2, 3];

// Show what is known of a species: photos, how often answers with it are right, lookalikes and links.
export async function openSpeciesSheet(slug) {
  if (!apiKey) {
    showApiKeyForm("keyMissing");
    return;
  }
  const listed = await listSpecies().catch(() => []);
  renderSheet(listed.find(({ species }) => species === slug) ?? { species: slug, scientific_name: fromSlug(slug) }, listed);
  if (!byId("species-dialog").open) openDialog("species-dialog");
  byId("species-dialog").scrollTop = 0;
  byId("sheet-name").focus();
}

function renderSheet(species, listed) {
  const name = commonName(species);
  byId("sheet-name").textContent = name;
  byId("sheet-scientific").textContent = species.scientific_name;
  byId("sheet-family").textContent = species.family ?? "";
  renderRole(byId("sheet-role"), species.role);
  byId("sheet-photos").replaceChildren(...PHOTO_NUMBERS.map((number) => renderPhoto(species.species, name, number)));
  byId("sheet-quality").textContent = species.metrics ? qualityText(species.metrics, name) : "";
  renderLookalikes(species.lookalikes ?? [], listed);
  renderLinks(species);
}

function renderPhoto(slug, name, number) {
  const item = byId("sheet-photo").content.cloneNode(true).firstElementChild;
  item.hidden = true;
  showSpeciesPhoto(item.querySelector("img"), slug, name, number).then((isShown) => { item.hidden = !isShown; });
  return item;
}

// "Right 8 times in 10 when it says …": measured on test photos.
function qualityText({ precision, precision_interval: [low, high], recall, photos }, name) {
  const tenths = Math.round(10 * precision);
  const often = precision === 1 ? messages.rightAlways(name) : messages.rightTimes(name, tenths);
  return `${often} ${messages.precisionInterval(formatPercent(low), formatPercent(high))} ${messages.recall(name, formatNumber(photos), formatConfidence(recall))}`;
}

function renderLookalikes(lookalikes, listed) {
  byId("lookalikes").hidden = lookalikes.length === 0;
  byId("lookalike-list").replaceChildren(...lookalikes.map(({ species: slug, photos }) => {
    const item = byId("lookalike").content.cloneNode(true).firstElementChild;
    const other = listed.find(({ species }) => species === slug) ?? { scientific_name: fromSlug(slug) };
    const name = commonName(other);
    item.querySelector(".name").textContent = name;
    item.querySelector("small").textContent = messages.confusedIn(photos);
    item.querySelector("button").dataset.sheet = slug;
    showSpeciesPhoto(item.querySelector("img"), slug, "").then(() => { item.querySelector("img").alt = ""; });
    return item;
  }));
}

function renderLinks({ scientific_name: scientificName, eppo_code: eppoCode }) {
  byId("eppo-link").hidden = !eppoCode;
  if (eppoCode) byId("eppo-link").href = `https://gd.eppo.int/taxon/${encodeURIComponent(eppoCode)}`;
  byId("gbif-link").href = `https://www.gbif.org/species/search?q=${encodeURIComponent(scientificName)}`;
}
