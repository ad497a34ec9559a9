"use strict";

// What fits into a Lambda's 6 MB request once API Gateway has written it as base64.
const MOST_BYTES = 4_400_000;
const QUIET_SPELL_MS = 4_000;

let running = new AbortController();

function begin() {
  running.abort();
  running = new AbortController();
  return running;
}

// Photos of one plant and how to send them. Asked again it is the same question, and the API gives the answer
// that it may have found already.
const questionOf = (plant) => ({ plant, photos: plant.photos, original: kept("original") !== "", mark: newId() });

async function look(question) {
  const attempt = begin();
  const { plant, photos } = question;
  plant.question = question;
  show("progress", () => words.looking(list(photos.map(({ name }) => name))));
  step(words.sending(photos.length));
  try {
    await Promise.all(photos.map(check));
    if (!key) throw new Fault("missing-key");
    const answer = answered(await answerTo(question, attempt));
    if (attempt.signal.aborted) return;
    plant.answer = answer;
    plant.at = new Date();
    showAnswer();
    await remember(plant);
  } catch (fault) {
    if (attempt === running) showFault(faultOf(attempt.signal.reason ?? fault), true);
  }
}

// Whatever else breaks here is ours.
function faultOf(error) {
  if (!(error instanceof Fault)) console.error(error);
  return error instanceof Fault ? error : new Fault("unexpected");
}

async function answerTo(question, attempt) {
  const bodies = await bodiesOf(question, attempt);
  if (bodies.length > 1 || bodies[0].body.size <= MOST_BYTES) return ask(bodies, question, attempt);
  try {
    return await askWithLarge(question.photos[0], attempt);
  } catch (fault) {
    // Where that door is not open, a smaller copy fits through the other.
    if (fault.slug !== "unknown-path") throw fault;
    const small = await smaller(question.photos[0]);
    if (!small.copied) throw new Fault("too-large-to-shrink");
    if (small.body.size > MOST_BYTES) throw new Fault("payload-too-large");
    attempt.signal.throwIfAborted();
    tellAlso(() => words.madeSmallerToFit(megabytes(question.photos[0].file.size), megabytes(small.body.size)));
    return ask([small], question, attempt);
  }
}

async function bodiesOf({ photos, original }, attempt) {
  const originals = photos.map(({ file, type, name }) => ({ body: file, type, name, copied: false }));
  if (original && (photos.length === 1 || weight(originals) <= MOST_BYTES)) return originals;
  if (photos.some(({ file }) => file.size > SMALL_BYTES)) step(words.preparing(photos.length));
  const bodies = await Promise.all(photos.map(smaller));
  attempt.signal.throwIfAborted();
  if (bodies.length > 1 && weight(bodies) > MOST_BYTES) throw new Fault("too-large-together");
  if (original) tellAlso(() => words.tooLargeTogether(megabytes(weight(bodies))));
  return bodies;
}

async function smaller({ file, type, name, made }) {
  const { copy } = await made;
  return copy ? { body: copy, type: "image/jpeg", name, copied: true } : { body: file, type, name, copied: false };
}

const weight = (bodies) => bodies.reduce((sum, { body }) => sum + body.size, 0);

// The door for small photos: they are the request, the answer is the response.
async function ask(bodies, question, attempt) {
  step(words.sending(bodies.length));
  question.sent = weight(bodies);
  const quiet = setTimeout(() => step(words.stillSending), QUIET_SPELL_MS);
  const late = setTimeout(() => attempt.abort(new Fault("timeout")), PATIENCE_MS);
  const query = new URLSearchParams({ top: 5, lang: language, explain: true });
  const { headers, body } = envelope(bodies);
  try {
    return await call(`v1/classifications?${query}`, {
      method: "POST",
      headers: { ...headers, "idempotency-key": question.mark },
      body,
      signal: attempt.signal,
    });
  } finally {
    clearTimeout(quiet);
    clearTimeout(late);
  }
}

// One photo is the body; several are a form, whose content type the browser writes.
function envelope(bodies) {
  if (bodies.length === 1) return { headers: { "content-type": bodies[0].type }, body: bodies[0].body };
  const form = new FormData();
  for (const { body, type, name } of bodies) form.append("image", new File([body], name, { type }));
  return { headers: {}, body: form };
}

function answered(answer) {
  if (!answer.verdict || !answer.predictions?.length) throw new Fault("unexpected");
  return answer;
}
