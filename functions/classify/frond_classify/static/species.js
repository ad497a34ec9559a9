"use strict";

// What the model knows, asked for once; a list that did not come is asked for again.
let listing = null;

function knownSpecies() {
  listing ??= call("v1/species").then(({ species }) => species ?? []).catch((fault) => {
    listing = null;
    throw fault;
  });
  return listing;
}

const commonName = (species) => species.common_names?.[language] || species.common_names?.en || species.scientific_name;

const inOrder = (species) => [...species].sort((one, other) => commonName(one).localeCompare(commonName(other), locale));

// A species' slug is its scientific name in lower case with hyphens; nothing is left of a name in another script.
const slugOf = (name) =>
  name.normalize("NFD").replace(/\p{M}|×/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 100).replace(/-$/, "");

const fromSlug = (slug) => (slug.charAt(0).toUpperCase() + slug.slice(1)).replaceAll("-", " ");
