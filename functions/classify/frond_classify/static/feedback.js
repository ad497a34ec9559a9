"use strict";

const OTHER = "other";
const NONE = "none";

// Nothing said yet, or what was said before and may be changed.
function readFeedback({ feedback }) {
  byId("feedback").reset();
  press(null);
  byId("feedback-fault").textContent = "";
  byId("comment").value = feedback?.comment ?? "";
  byId("consent").checked = feedback?.consent ?? false;
}

function drawFeedback({ verdict, predictions, feedback }) {
  const identified = verdict === "identified";
  byId("feedback-question").textContent = identified ? words.isThatRight : words.doYouKnow;
  byId("right").hidden = byId("wrong").hidden = !identified;
  byId("tell").hidden = identified;
  byId("consent-words").textContent = words.consent(plant.photos.length);
  byId("feedback").hidden = Boolean(feedback);
  byId("thanks").hidden = !feedback;
  if (feedback) byId("thanks-words").textContent = words.thanks(saidName(feedback.species, predictions));
  drawPlants(predictions);
}

function saidName(slug, predictions) {
  if (slug === null) return words.noPlant;
  const known = predictions.find(({ species }) => species === slug);
  const option = [...byId("plant").options].find(({ value }) => value === slug);
  return known ? nameOf(known) : option?.textContent ?? fromSlug(slug);
}

// The candidates are there at once, the rest as soon as the list has come.
async function drawPlants(predictions) {
  const listed = predictions.map((prediction) => [prediction.species, nameOf(prediction)]);
  offerPlants(listed);
  if (byId("correction").hidden) return;
  const species = await knownSpecies().catch(() => null);
  if (species) offerPlants(inOrder(species).map((one) => [one.species, commonName(one)]));
}

function offerPlants(plants) {
  const chosen = byId("plant").value;
  byId("plant").replaceChildren(
    new Option(words.pick, ""), ...plants.map(([slug, name]) => new Option(name, slug)),
    new Option(words.otherPlant, OTHER), new Option(words.noPlant, NONE),
  );
  byId("plant").value = chosen;
  if (byId("plant").selectedIndex < 0) byId("plant").value = "";
}

function press(button) {
  for (const id of ["right", "wrong", "tell"]) byId(id).setAttribute("aria-pressed", id === button);
  byId("correction").hidden = button === null || button === "right";
  byId("remarks").hidden = button === null;
  byId("plant").required = !byId("correction").hidden;
  nameOther();
}

function nameOther() {
  const isOther = !byId("correction").hidden && byId("plant").value === OTHER;
  byId("other-plant").hidden = !isOther;
  byId("plant-name").required = isOther;
  byId("plant-name").setCustomValidity("");
}

function answerFeedback(button) {
  press(button);
  drawPlants(plant.answer.predictions);
  if (button !== "right") byId("plant").focus();
}

function changeFeedback() {
  byId("feedback").hidden = false;
  byId("thanks").hidden = true;
  readFeedback(plant.answer);
  byId(byId("tell").hidden ? "right" : "tell").focus();
}

function saidSpecies() {
  if (byId("correction").hidden) return plant.answer.predictions[0].species;
  const said = byId("plant").value;
  if (said === NONE) return null;
  return said === OTHER ? slugOf(byId("plant-name").value) : said;
}

async function sendFeedback(event) {
  event.preventDefault();
  const about = plant;
  const species = saidSpecies();
  if (species === "") {
    byId("plant-name").setCustomValidity(words.notAName);
    return byId("plant-name").reportValidity();
  }
  const feedback = { species, comment: byId("comment").value.trim() || null, consent: byId("consent").checked };
  byId("feedback-fault").textContent = "";
  byId("send-feedback").disabled = true;
  try {
    const { feedback: taken } = await sendJson(`v1/classifications/${about.answer.id}/feedback`, "PUT", feedback);
    await contribute(about, feedback);
    about.answer = { ...about.answer, feedback: { ...feedback, ...taken } };
    if (about === plant) thank();
    await rememberChange(about);
  } catch (fault) {
    if (about === plant) byId("feedback-fault").textContent = faultOf(fault).words.join(". ");
  } finally {
    byId("send-feedback").disabled = false;
  }
}

function thank() {
  drawFeedback(plant.answer);
  byId("change-feedback").focus();
  say(byId("thanks-words").textContent);
}
