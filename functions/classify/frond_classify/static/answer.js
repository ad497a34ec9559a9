import { fetchJson } from "./api.js";
import { loadFeedback, renderFeedback } from "./feedback.js";
import { updateSavedPlant } from "./history-db.js";
import { formatConfidence, messages } from "./i18n.js";
import { formatDate, formatMegabytes, formatNumber, formatPercent, language } from "./locale.js";
import { renderPhotos } from "./photo-viewer.js";
import { displayName, headline, imageResult, plant } from "./plant.js";
import { renderRole } from "./role.js";
import { hideSnippet } from "./snippets.js";
import { showSpeciesPhoto } from "./species-photos.js";
import { byId, renderAgain, showView } from "./views.js";

const UNLIKELY_BELOW = 0.01;

function setBar(bar, confidence) {
  bar.style.transform = `scaleX(${Math.min(1, Math.max(0.004, confidence))})`;
}

function renderCandidate(prediction) {
  const row = byId("candidate").content.cloneNode(true);
  const open = row.querySelector("button");
  open.dataset.sheet = prediction.species;
  // The name beside the picture says the same.
  showSpeciesPhoto(row.querySelector("img"), prediction.species, "").then(() => { open.querySelector("img").alt = ""; });
  row.querySelector(".name").textContent = displayName(prediction);
  row.querySelector(".confidence").textContent = formatConfidence(prediction.confidence);
  row.querySelector(".scientific-name").textContent = prediction.scientific_name;
  renderRole(row.querySelector(".role"), prediction.role);
  setBar(row.querySelector(".bar i"), prediction.confidence);
  return row;
}

export function renderAnswer() {
  renderPhotos();
  byId("other-candidates").open = plant.answer.verdict !== "not_recognised";
  loadFeedback(plant.answer);
  hideSnippet();
  showView("answer", () => {
    renderVerdict(plant.answer);
    renderAdvice(plant.answer);
    renderImageResult(plant.answer);
    renderFeedback(plant.answer);
    byId("fineprint").textContent = fineprint(plant);
    return spokenAnswer(plant.answer);
  });
}

function renderVerdict({ verdict, predictions, taxon }) {
  const [first, ...rest] = predictions;
  const isIdentified = verdict === "identified";
  const isRecognised = verdict !== "not_recognised";
  byId("answer").dataset.verdict = verdict;
  byId("verdict").textContent = messages.verdicts[verdict] ?? messages.verdicts.uncertain;
  byId("species").textContent = headline({ verdict, predictions });
  byId("explanation").textContent = isIdentified ? "" : isRecognised ? messages.uncertainLead(plant.photos.length) : messages.notRecognisedLead(plant.photos.length);
  byId("scientific-name").textContent = first.scientific_name;
  renderRole(byId("role"), first.role);
  byId("confidence").textContent = formatConfidence(first.confidence);
  setBar(byId("hero-bar").firstElementChild, first.confidence);
  byId("candidates-title").textContent = isIdentified ? messages.alsoConsidered : isRecognised ? messages.candidates : messages.closest;
  byId("taxon").textContent = taxonText(taxon);
  byId("hero-sheet").dataset.sheet = first.species;
  byId("hero-sheet").textContent = messages.aboutSpecies(displayName(first));
  byId("hero-picture").hidden = true;
  if (isIdentified) showSpeciesPhoto(byId("hero-picture"), first.species, displayName(first));
  renderCandidates(isIdentified ? rest : predictions);
}

// Those under 1 % are folded away.
function renderCandidates(predictions) {
  const likely = predictions.filter(({ confidence }) => confidence >= UNLIKELY_BELOW);
  const unlikely = predictions.filter(({ confidence }) => confidence < UNLIKELY_BELOW);
  byId("candidates").replaceChildren(...likely.map(renderCandidate));
  byId("other-candidates").hidden = likely.length === 0;
  byId("unlikely").hidden = unlikely.length === 0;
  byId("unlikely").open = false;
  byId("unlikely-title").textContent = messages.unlikely(unlikely.length, formatPercent(UNLIKELY_BELOW));
  byId("unlikely-candidates").replaceChildren(...unlikely.map(renderCandidate));
}

// The rank that is sure where the species is not: "a grass, Poaceae".
const taxonText = (taxon) => (taxon && taxon.rank !== "species" ? messages.taxon(messages.ranks[taxon.rank] ?? taxon.rank, taxon.name, formatConfidence(taxon.confidence)) : "");

// How each photo could be improved.
function adviceTexts(answer) {
  const hasSeveral = plant.photos.length > 1;
  return plant.photos.flatMap((_, index) =>
    (imageResult(answer, index).issues ?? []).map(({ advice }) => (hasSeveral ? messages.adviceFor(index + 1, advice) : advice)));
}

function renderAdvice(answer) {
  byId("advice").replaceChildren(...adviceTexts(answer).map((advice) => Object.assign(document.createElement("p"), { textContent: advice })));
}

// Render the result of the selected photo alone, if there are several; return its text for screen readers.
export function renderImageResult(answer) {
  const { verdict, predictions } = imageResult(answer, plant.selected);
  byId("image-result").hidden = plant.photos.length < 2 || !predictions;
  if (byId("image-result").hidden) return "";
  const title = messages.imageTitle(plant.selected + 1, plant.photos.length);
  const candidates = verdict === "not_recognised" ? [] : predictions.slice(0, 3);
  byId("image-title").textContent = title;
  byId("image-verdict").textContent = verdict === "identified" ? "" : messages.verdicts[verdict];
  byId("image-candidates").replaceChildren(...candidates.map(renderCandidate));
  return `${title}: ${[byId("image-verdict").textContent, ...candidates.map(spokenCandidate)].filter(Boolean).join("; ")}.`;
}

function fineprint({ answer, at, request, photos, isFromHistory }) {
  const model = messages.fineprint(answer.model?.version ?? "–", formatNumber(Math.round(answer.timings_ms?.total ?? 0)));
  if (isFromHistory) return `${model} · ${messages.fromHistory(formatDate(at))}`;
  const originalBytes = photos.reduce((sum, { file }) => sum + file.size, 0);
  const isResized = request?.bytesSent && request.bytesSent < originalBytes;
  return isResized ? `${model} · ${messages.resized(formatMegabytes(originalBytes), formatMegabytes(request.bytesSent))}` : model;
}

const spokenCandidate = (prediction) => `${displayName(prediction)}, ${formatConfidence(prediction.confidence)}`;

function spokenAnswer(answer) {
  const { verdict, predictions } = answer;
  const [first] = predictions;
  const advice = adviceTexts(answer).join(" ");
  if (verdict === "identified") return `${displayName(first)}, ${first.scientific_name}, ${messages.roles[first.role] ?? ""}, ${formatConfidence(first.confidence)} ${messages.sure}. ${advice}`;
  if (verdict === "not_recognised") return `${messages.notRecognised}. ${messages.notRecognisedLead(plant.photos.length)} ${advice}`;
  return `${messages.uncertain}: ${predictions.slice(0, 3).map(spokenCandidate).join("; ")}. ${advice}`;
}

// An answer has its names in the language of the request; another language has to be fetched.
export async function translateAnswer() {
  const before = plant;
  const translation = before.answer && (await fetchJson(`v1/classifications/${before.answer.id}?lang=${language}`).catch(() => null));
  if (!translation?.predictions?.length || before !== plant) return;
  plant.answer = mergeTranslation(plant.answer, translation);
  if (!byId("answer").hidden) renderAgain();
  await updateSavedPlant(plant);
}

// The API does not store the activation map, so it stays from the first answer.
function mergeTranslation(answer, translation) {
  const images = answer.images?.map((image, index) => ({ ...image, ...translation.images?.[index], evidence: image.evidence }));
  const predictions = translation.predictions.slice(0, answer.predictions.length);
  return { ...answer, ...translation, predictions, evidence: answer.evidence, ...(images && { images }) };
}
