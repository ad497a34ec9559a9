import { apiKey } from "./api-key.js";
import { fetchJson } from "./api.js";
import { toProblemError } from "./errors.js";
import { messages } from "./i18n.js";
import { renderRole } from "./role.js";
import { showSpeciesPhoto } from "./species-photos.js";
import { commonName, foldText, listSpecies, sortByName } from "./species.js";
import { byId, openDialog, showApiKeyForm } from "./views.js";

// The species that the model knows, each with a picture where the model has one.
export async function openGallery() {
  if (!apiKey) {
    showApiKeyForm("keyMissing");
    return;
  }
  openDialog("gallery-dialog");
  await renderGallery();
}

async function renderGallery() {
  setSearchStatus(messages.loading);
  try {
    const [species, model] = await Promise.all([listSpecies(), fetchJson("v1/model")]);
    byId("cards").replaceChildren(...sortByName(species).map(renderCard));
    renderModel(model);
    searchGallery();
  } catch (error) {
    setSearchStatus(toProblemError(error).texts.join(". "));
  }
}

function setSearchStatus(text) {
  byId("search-status").textContent = text;
}

function renderModel({ version, dataset }) {
  byId("model-version").textContent = [messages.model(version), dataset && messages.dataset(dataset.name, dataset.licence)].filter(Boolean).join(", ");
  byId("model-attribution").textContent = dataset?.attribution ?? "";
}

function renderCard(species) {
  const element = byId("card").content.cloneNode(true).firstElementChild;
  element.querySelector(".name").textContent = commonName(species);
  element.querySelector(".scientific-name").textContent = species.scientific_name;
  element.querySelector(".family").textContent = [species.family, species.eppo_code].filter(Boolean).join(" · ");
  renderRole(element.querySelector(".role"), species.role);
  element.dataset.searchText = foldText([species.scientific_name, species.family, species.eppo_code, ...Object.values(species.common_names ?? {})].join(" "));
  element.dataset.species = species.species;
  element.querySelector("button").dataset.sheet = species.species;
  cardObserver.observe(element);
  return element;
}

export function searchGallery() {
  const terms = foldText(byId("search").value).split(/\s+/);
  const cards = [...byId("cards").children];
  for (const element of cards) element.hidden = !terms.every((term) => element.dataset.searchText.includes(term));
  const matches = cards.filter((element) => !element.hidden).length;
  setSearchStatus(matches ? messages.found(matches, cards.length) : messages.nothingFound);
}

const cardObserver = new IntersectionObserver((cards) => {
  for (const { target, isIntersecting } of cards) {
    if (!isIntersecting) continue;
    cardObserver.unobserve(target);
    showSpeciesPhoto(target.querySelector("img"), target.dataset.species, target.querySelector(".name").textContent);
  }
});
