import { renderRole } from "./answer.js";
import { apiKey } from "./api-key.js";
import { fetchApi, fetchJson } from "./api.js";
import { toProblemError } from "./errors.js";
import { messages } from "./i18n.js";
import { commonName, listSpecies, sortByName } from "./species.js";
import { byId, openDialog, showApiKeyForm } from "./views.js";

// The species that the model knows, each with a picture where the model has one.
const pictures = new Map();

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
  cardObserver.observe(element);
  return element;
}

// Fold accents and case, so that "maiz" finds "Maíz".
const foldText = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

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
    showPicture(target);
  }
});

async function showPicture(element) {
  const source = await fetchPicture(element.dataset.species);
  if (!source) return;
  const image = element.querySelector("img");
  image.alt = messages.pictureOf(element.querySelector(".name").textContent);
  image.src = source;
  image.hidden = false;
}

// API Gateway returns bytes only if `Accept` begins with a type of a picture. A species without one shows a leaf.
function fetchPicture(species) {
  if (!pictures.has(species)) {
    const fetched = fetchApi(`v1/species/${species}/photo`, { headers: { accept: "image/jpeg" } })
      .then(async (response) => URL.createObjectURL(await response.blob()))
      .catch((error) => {
        if (error.status !== 404) pictures.delete(species);
        return null;
      });
    pictures.set(species, fetched);
  }
  return pictures.get(species);
}
