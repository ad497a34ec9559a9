import { fetchApi } from "./api.js";
import { messages } from "./i18n.js";

// Pictures of species as URLs, each fetched once.
const fetchedPhotos = new Map();

// API Gateway returns bytes only if `Accept` begins with a type of a picture. A species without one shows a leaf.
export function fetchSpeciesPhoto(species, number = 1) {
  const path = number === 1 ? `v1/species/${species}/photo` : `v1/species/${species}/photos/${number}`;
  if (!fetchedPhotos.has(path)) {
    const fetched = fetchApi(path, { headers: { accept: "image/jpeg" } })
      .then(async (response) => URL.createObjectURL(await response.blob()))
      .catch((error) => {
        if (error.status !== 404) fetchedPhotos.delete(path);
        return null;
      });
    fetchedPhotos.set(path, fetched);
  }
  return fetchedPhotos.get(path);
}

// Show a picture in an <img>, which stays hidden without one.
export async function showSpeciesPhoto(image, species, name, number = 1) {
  const source = await fetchSpeciesPhoto(species, number);
  if (!source) return false;
  image.alt = messages.pictureOf(name);
  image.src = source;
  image.hidden = false;
  return true;
}
