import { headline } from "./plant.js";
import { commonName, fromSlug } from "./species.js";

// What the list, the map and the exports show of an entry of the history.
export const isCorrected = ({ answer: { feedback, predictions } }) => Boolean(feedback) && feedback.species !== predictions[0].species;

export const entryPlace = ({ photos }) => photos.find(({ latitude }) => latitude !== undefined) ?? null;

export const entryTime = ({ photos, at }) => photos.find(({ takenAt }) => takenAt)?.takenAt ?? at;

export const entrySpecies = ({ answer: { feedback, verdict, predictions } }) =>
  (feedback ? feedback.species : verdict === "identified" ? predictions[0].species : null);

// The user's correction comes before the answer.
export function entryName(entry, listed) {
  const slug = entrySpecies(entry);
  if (!slug) return headline(entry.answer);
  const prediction = entry.answer.predictions.find(({ species }) => species === slug);
  const known = listed.find(({ species }) => species === slug);
  return prediction?.common_name || (known ? commonName(known) : prediction?.scientific_name ?? fromSlug(slug));
}
