"use strict";

function drawBar(bar, confidence) {
  bar.style.transform = `scaleX(${Math.min(1, Math.max(0.004, confidence))})`;
}

function label(element, role) {
  element.textContent = words.roles[role] ?? role ?? "";
  element.dataset.role = role ?? "";
}

function candidate(prediction) {
  const row = byId("candidate").content.cloneNode(true);
  row.querySelector(".name").textContent = nameOf(prediction);
  row.querySelector(".share").textContent = share(prediction.confidence);
  row.querySelector(".scientific-name").textContent = prediction.scientific_name;
  label(row.querySelector(".role"), prediction.role);
  drawBar(row.querySelector(".bar i"), prediction.confidence);
  return row;
}

function showAnswer() {
  layOut();
  byId("others").open = plant.answer.verdict !== "not_recognised";
  readFeedback(plant.answer);
  show("answer", () => {
    drawVerdict(plant.answer);
    drawAdvice(plant.answer);
    drawOwn(plant.answer);
    drawFeedback(plant.answer);
    byId("fineprint").textContent = fineprint(plant);
    return spoken(plant.answer);
  });
}

function drawVerdict({ verdict, predictions }) {
  const [first, ...rest] = predictions;
  const identified = verdict === "identified";
  const recognised = verdict !== "not_recognised";
  byId("answer").dataset.verdict = verdict;
  byId("verdict").textContent = words.verdicts[verdict] ?? words.verdicts.uncertain;
  byId("species").textContent = headline({ verdict, predictions });
  byId("sentence").textContent = identified ? "" : recognised ? words.uncertainLead(plant.photos.length) : words.notRecognisedLead(plant.photos.length);
  byId("scientific-name").textContent = first.scientific_name;
  label(byId("role"), first.role);
  byId("confidence").textContent = share(first.confidence);
  drawBar(byId("hero-bar").firstElementChild, first.confidence);
  byId("others-title").textContent = identified ? words.alsoConsidered : recognised ? words.candidates : words.closest;
  byId("candidates").replaceChildren(...(identified ? rest : predictions).map(candidate));
}

// What would have made each photo easier to judge.
function adviceOf(answer) {
  const several = plant.photos.length > 1;
  return plant.photos.flatMap((_, index) =>
    (factsOf(answer, index).issues ?? []).map(({ advice }) => (several ? words.adviceFor(index + 1, advice) : advice)));
}

function drawAdvice(answer) {
  byId("advice").replaceChildren(...adviceOf(answer).map((advice) => Object.assign(document.createElement("p"), { textContent: advice })));
}

// Of several photos, what the one on the plate says by itself.
function drawOwn(answer) {
  const { verdict, predictions } = factsOf(answer, plant.selected);
  byId("own").hidden = plant.photos.length < 2 || !predictions;
  if (byId("own").hidden) return "";
  const title = words.onItsOwn(plant.selected + 1, plant.photos.length);
  const likely = verdict === "not_recognised" ? [] : predictions.slice(0, 3);
  byId("own-title").textContent = title;
  byId("own-verdict").textContent = verdict === "identified" ? "" : words.verdicts[verdict];
  byId("own-candidates").replaceChildren(...likely.map(candidate));
  return `${title}: ${[byId("own-verdict").textContent, ...likely.map(said)].filter(Boolean).join("; ")}.`;
}

function fineprint({ answer, at, question, photos, isPast }) {
  const time = words.fineprint(answer.model?.version ?? "–", count(Math.round(answer.timings_ms?.total ?? 0)));
  if (isPast) return `${time} · ${words.reopened(moment(at))}`;
  const before = photos.reduce((sum, { file }) => sum + file.size, 0);
  const smaller = question?.sent && question.sent < before;
  return smaller ? `${time} · ${words.madeSmaller(megabytes(before), megabytes(question.sent))}` : time;
}

const said = (one) => `${nameOf(one)}, ${share(one.confidence)}`;

function spoken(answer) {
  const { verdict, predictions } = answer;
  const [first] = predictions;
  const advice = adviceOf(answer).join(" ");
  if (verdict === "identified") return `${nameOf(first)}, ${first.scientific_name}, ${words.roles[first.role] ?? ""}, ${share(first.confidence)} ${words.sure}. ${advice}`;
  if (verdict === "not_recognised") return `${words.notRecognised}. ${words.notRecognisedLead(plant.photos.length)} ${advice}`;
  return `${words.uncertain}: ${predictions.slice(0, 3).map(said).join("; ")}. ${advice}`;
}

// The names in an answer are in the language that was asked for; those in another have to be fetched.
async function translateAnswer() {
  const asked = plant;
  const told = asked.answer && (await call(`v1/classifications/${asked.answer.id}?lang=${language}`).catch(() => null));
  if (!told?.predictions?.length || asked !== plant) return;
  plant.answer = inOtherWords(plant.answer, told);
  if (!byId("answer").hidden) drawAgain();
  await rememberChange(plant);
}

// An answer that is asked for later may lack what was only worked out when it was given.
function inOtherWords(answer, told) {
  const images = answer.images?.map((image, index) => ({ ...image, ...told.images?.[index], evidence: image.evidence }));
  return { ...answer, ...told, predictions: told.predictions.slice(0, answer.predictions.length), evidence: answer.evidence, ...(images && { images }) };
}
