import { resolveUrl } from "./api.js";
import { apiKey } from "./api-key.js";
import { messages } from "./i18n.js";
import { replacePhotos } from "./photo-selection.js";
import { listSpecies } from "./species.js";
import { byId, showError } from "./views.js";
import { ProblemError } from "./errors.js";

// Test photos of the released model. A model of other species has none.
const SAMPLE_SPECIES = ["zea-mays", "stellaria-media", "galium-aparine", "triticum-aestivum"];
// API Gateway returns bytes only to a client that begins with a type of a picture.
const ACCEPT_JPEG = { headers: { accept: "image/jpeg" } };

const fetchSample = async (slug) => {
  const response = await fetch(resolveUrl(`static/sample-${slug}.jpg`), ACCEPT_JPEG).catch(() => null);
  if (!response?.ok) throw ProblemError.fromNetwork();
  return new File([await response.blob()], `${slug}.jpg`, { type: "image/jpeg" });
};

// Offer the samples of species that the model knows.
export async function renderSamples() {
  const listed = apiKey ? await listSpecies().catch(() => []) : [];
  const known = SAMPLE_SPECIES.map((slug) => listed.find(({ species }) => species === slug)).filter(Boolean);
  byId("samples").hidden = known.length === 0;
  byId("sample-list").replaceChildren(...known.map(renderSample));
}

function renderSample(species, index) {
  const item = byId("sample").content.cloneNode(true).firstElementChild;
  const button = item.querySelector("button");
  // The name would give the answer away.
  button.setAttribute("aria-label", messages.sample(index + 1));
  button.title = messages.sample(index + 1);
  button.dataset.sample = species.species;
  fetchSample(species.species).then((file) => { item.querySelector("img").src = URL.createObjectURL(file); }, () => { item.hidden = true; });
  return item;
}

export async function classifySample(slug) {
  try {
    await replacePhotos([await fetchSample(slug)]);
  } catch (error) {
    showError(error, false);
  }
}
