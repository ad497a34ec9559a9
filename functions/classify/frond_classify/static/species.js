import { fetchJson } from "./api.js";
import { language, locale } from "./locale.js";

// The species that the model knows, fetched once; a request that failed is repeated by the next call.
let listing = null;

export function listSpecies() {
  listing ??= fetchJson("v1/species").then(({ species }) => species ?? []).catch((error) => {
    listing = null;
    throw error;
  });
  return listing;
}

export const commonName = (species) => species.common_names?.[language] || species.common_names?.en || species.scientific_name;

export const sortByName = (species) => [...species].sort((one, other) => commonName(one).localeCompare(commonName(other), locale));

// Fold accents and case, so that "maiz" finds "Maíz".
export const foldText = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// A species' slug is its scientific name in lower case with hyphens; a name in another script has an empty slug.
export const toSlug = (name) =>
  name.normalize("NFD").replace(/\p{M}|×/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 100).replace(/-$/, "");

export const fromSlug = (slug) => (slug.charAt(0).toUpperCase() + slug.slice(1)).replaceAll("-", " ");
