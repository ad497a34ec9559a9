import { sendJson } from "./api.js";
import { toProblemError } from "./errors.js";
import { updateSavedPlant } from "./history-db.js";
import { messages } from "./i18n.js";
import { formatPercent } from "./locale.js";
import { donatePhotos } from "./photo-donation.js";
import { displayName, plant } from "./plant.js";
import { commonName, fromSlug, listSpecies, sortByName, toSlug } from "./species.js";
import { byId, setStatus } from "./views.js";

const OTHER = "other";
const NONE = "none";
const BUTTONS = ["correct", "incorrect", "suggest"];

// Fill the form with the feedback of an answer, or empty it.
export function loadFeedback({ feedback }) {
  byId("feedback").reset();
  pressButton(null);
  byId("feedback-error").textContent = "";
  byId("comment").value = feedback?.comment ?? "";
  byId("consent").checked = feedback?.consent ?? false;
}

export function renderFeedback({ verdict, predictions, feedback }) {
  const isIdentified = verdict === "identified";
  byId("feedback-question").textContent = isIdentified ? messages.isThatRight : messages.doYouKnow;
  byId("correct").hidden = byId("incorrect").hidden = !isIdentified;
  byId("suggest").hidden = isIdentified;
  byId("consent-label").textContent = messages.consent(plant.photos.length);
  byId("feedback").hidden = Boolean(feedback);
  byId("thanks").hidden = !feedback;
  if (feedback) byId("thanks-text").textContent = messages.thanks(feedbackName(feedback.species, predictions));
  renderSpeciesOptions(predictions);
}

function feedbackName(slug, predictions) {
  if (slug === null) return messages.noPlant;
  const prediction = predictions.find(({ species }) => species === slug);
  const option = [...byId("feedback-species").options].find(({ value }) => value === slug);
  return prediction ? displayName(prediction) : option?.textContent ?? fromSlug(slug);
}

// The candidates are offered at once, the other species when their list has been fetched.
async function renderSpeciesOptions(predictions) {
  setSpeciesOptions(predictions.map((prediction) => [prediction.species, displayName(prediction)]));
  if (byId("correction").hidden) return;
  const species = await listSpecies().catch(() => null);
  if (species) setSpeciesOptions(sortByName(species).map((each) => [each.species, commonName(each)]));
}

function setSpeciesOptions(options) {
  const select = byId("feedback-species");
  const selected = select.value;
  select.replaceChildren(
    new Option(messages.chooseSpecies, ""), ...options.map(([slug, name]) => new Option(name, slug)),
    new Option(messages.otherPlant, OTHER), new Option(messages.noPlant, NONE),
  );
  select.value = selected;
  if (select.selectedIndex < 0) select.value = "";
}

function pressButton(pressed) {
  for (const id of BUTTONS) byId(id).setAttribute("aria-pressed", id === pressed);
  byId("correction").hidden = pressed === null || pressed === "correct";
  byId("remarks").hidden = pressed === null;
  byId("feedback-species").required = !byId("correction").hidden;
  updateOtherSpecies();
}

export function updateOtherSpecies() {
  const isOther = !byId("correction").hidden && byId("feedback-species").value === OTHER;
  byId("other-species").hidden = !isOther;
  byId("other-species-name").required = isOther;
  byId("other-species-name").setCustomValidity("");
}

export function startFeedback(button) {
  pressButton(button);
  renderSpeciesOptions(plant.answer.predictions);
  if (button !== "correct") byId("feedback-species").focus();
}

export function changeFeedback() {
  byId("feedback").hidden = false;
  byId("thanks").hidden = true;
  loadFeedback(plant.answer);
  byId(byId("suggest").hidden ? "correct" : "suggest").focus();
}

function selectedSpecies() {
  if (byId("correction").hidden) return plant.answer.predictions[0].species;
  const selected = byId("feedback-species").value;
  if (selected === NONE) return null;
  return selected === OTHER ? toSlug(byId("other-species-name").value) : selected;
}

export async function submitFeedback(event) {
  event.preventDefault();
  const subject = plant;
  const species = selectedSpecies();
  if (species === "") {
    byId("other-species-name").setCustomValidity(messages.notAName);
    byId("other-species-name").reportValidity();
    return;
  }
  const feedback = { species, comment: byId("comment").value.trim() || null, consent: byId("consent").checked };
  byId("feedback-error").textContent = "";
  byId("send-feedback").disabled = true;
  showFeedbackProgress(messages.sendingFeedback);
  setStatus(messages.sendingFeedback);
  try {
    const { feedback: stored } = await sendJson(`v1/classifications/${subject.answer.id}/feedback`, "PUT", feedback);
    await donatePhotos(subject, feedback, (part) => showFeedbackProgress(messages.donating(formatPercent(part))));
    subject.answer = { ...subject.answer, feedback: { ...feedback, ...stored } };
    if (subject === plant) showThanks();
    await updateSavedPlant(subject);
  } catch (error) {
    if (subject === plant) byId("feedback-error").textContent = toProblemError(error).texts.join(". ");
  } finally {
    byId("send-feedback").disabled = false;
    showFeedbackProgress("");
  }
}

function showFeedbackProgress(text) {
  byId("feedback-progress").textContent = text;
}

function showThanks() {
  renderFeedback(plant.answer);
  byId("change-feedback").focus();
  setStatus(byId("thanks-text").textContent);
}
