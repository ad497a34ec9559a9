"use strict";

// What the model knows: a card for each species, with a picture where the model carries one.
const pictures = new Map();

async function openGallery() {
  if (!key) return askForKey("keyMissing");
  openSheet("gallery-sheet");
  await drawGallery();
}

async function drawGallery() {
  tellGallery(words.loading);
  try {
    const [species, model] = await Promise.all([knownSpecies(), call("v1/model")]);
    byId("cards").replaceChildren(...inOrder(species).map(card));
    drawModel(model);
    searchGallery();
  } catch (fault) {
    tellGallery(faultOf(fault).words.join(". "));
  }
}

function tellGallery(sentence) {
  byId("found").textContent = sentence;
}

function drawModel({ version, dataset }) {
  byId("model-version").textContent = [words.model(version), dataset && words.dataset(dataset.name, dataset.licence)].filter(Boolean).join(", ");
  byId("model-attribution").textContent = dataset?.attribution ?? "";
}

function card(species) {
  const view = byId("card").content.cloneNode(true).firstElementChild;
  view.querySelector(".name").textContent = commonName(species);
  view.querySelector(".scientific-name").textContent = species.scientific_name;
  view.querySelector(".family").textContent = [species.family, species.eppo_code].filter(Boolean).join(" · ");
  label(view.querySelector(".role"), species.role);
  view.dataset.found = plain([species.scientific_name, species.family, species.eppo_code, ...Object.values(species.common_names ?? {})].join(" "));
  view.dataset.species = species.species;
  inView.observe(view);
  return view;
}

// Without accents and capitals, so that "maiz" finds "Maíz".
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function searchGallery() {
  const wanted = plain(byId("search").value).split(/\s+/);
  const cards = [...byId("cards").children];
  for (const view of cards) view.hidden = !wanted.every((word) => view.dataset.found.includes(word));
  const number = cards.filter((view) => !view.hidden).length;
  tellGallery(number ? words.found(number, cards.length) : words.nothingFound);
}

const inView = new IntersectionObserver((views) => {
  for (const { target, isIntersecting } of views) {
    if (!isIntersecting) continue;
    inView.unobserve(target);
    showPicture(target);
  }
});

async function showPicture(view) {
  const source = await pictureOf(view.dataset.species);
  if (!source) return;
  const image = view.querySelector("img");
  image.alt = words.pictureOf(view.querySelector(".name").textContent);
  image.src = source;
  image.hidden = false;
}

// The gateway sends a picture as bytes only to those who ask for one. Where there is none, the leaf stays.
function pictureOf(species) {
  if (!pictures.has(species)) {
    const fetched = send(`v1/species/${species}/photo`, { headers: { accept: "image/jpeg" } })
      .then(async (response) => URL.createObjectURL(await response.blob()))
      .catch((fault) => {
        if (fault.status !== 404) pictures.delete(species);
        return null;
      });
    pictures.set(species, fetched);
  }
  return pictures.get(species);
}
