import { csvLine } from "./csv-cell.js";
import { entryPlace, entrySpecies, entryTime } from "./history-entries.js";
import { saveFile } from "./saved-file.js";

// The entries as files, one row or feature each. Place and time come from the photos and have never left this device.
const record = (entry) => {
  const { answer, photos, at } = entry;
  const [first] = answer.predictions;
  return {
    id: answer.id,
    photos: photos.map(({ name }) => name).join("; "),
    taken_at: new Date(entryTime(entry)).toISOString(),
    latitude: entryPlace(entry)?.latitude,
    longitude: entryPlace(entry)?.longitude,
    verdict: answer.verdict,
    species: first.species,
    scientific_name: first.scientific_name,
    common_name: first.common_name,
    confidence: first.confidence,
    corrected_species: answer.feedback ? entrySpecies(entry) ?? "" : undefined,
    comment: answer.feedback?.comment ?? undefined,
    tag: answer.tag ?? undefined,
    model: answer.model?.version,
    answered_at: at.toISOString(),
  };
};

export function exportHistoryCsv(entries) {
  const records = entries.map(record);
  // With a byte order mark, Excel reads UTF-8.
  const lines = [Object.keys(records[0]), ...records.map(Object.values)].map(csvLine);
  saveFile(`\ufeff${lines.join("")}`, "frond-history.csv", "text/csv");
}

// RFC 7946: an entry without a place has no geometry.
export function exportGeoJson(entries) {
  const features = entries.map(record).map(({ latitude, longitude, ...properties }) => ({
    type: "Feature",
    geometry: latitude === undefined ? null : { type: "Point", coordinates: [longitude, latitude] },
    properties,
  }));
  const collection = { type: "FeatureCollection", features };
  saveFile(JSON.stringify(collection, null, 2), "frond-history.geojson", "application/geo+json");
}
