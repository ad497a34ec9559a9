import { displayName } from "./plant.js";
import { commonName, fromSlug, listSpecies } from "./species.js";

// The class of a plant of no known species.
const PLANT = "plant";

// The species with their names in all languages, since the API stores no detections that could be translated.
let listedSpecies = [];

export async function loadSpecies() {
  listedSpecies = await listSpecies().catch(() => listedSpecies);
}

// The plants of one photo. A response without results per image has a single photo.
export const imageDetections = ({ images, image, detections }, index) => images?.[index] ?? (index === 0 ? { ...image, detections } : { detections: [] });

// The slug of a plant's species, or null if it is unknown. Where there is a classification, it decides.
export function speciesOf({ class: detected, classification }) {
  if (classification) return classification.verdict === "identified" ? classification.predictions[0].species : null;
  return detected === PLANT ? null : detected;
}

// Return the names and the role of a species.
export function describeSpecies(slug, { classification }) {
  const species = listedSpecies.find((each) => each.species === slug);
  const prediction = classification?.predictions.find((each) => each.species === slug);
  return {
    name: (species && commonName(species)) ?? (prediction && displayName(prediction)) ?? fromSlug(slug),
    scientificName: (species ?? prediction)?.scientific_name ?? fromSlug(slug),
    role: (species ?? prediction)?.role ?? "",
  };
}

// Return the number of plants of each species, the most frequent first, and of unknown plants.
export function countPlants(detections) {
  const counts = new Map();
  let unknown = 0;
  for (const detection of detections) {
    const slug = speciesOf(detection);
    const { number, name } = counts.get(slug) ?? { number: 0, name: slug && describeSpecies(slug, detection).name };
    if (slug) counts.set(slug, { number: number + 1, name });
    else unknown += 1;
  }
  return { species: [...counts.values()].sort((one, other) => other.number - one.number), unknown };
}
