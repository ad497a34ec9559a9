"use strict";

// Everything the page says. Another language is another entry here.
const STRINGS = {
  en: {
    welcome: "Which plant is this?",
    welcomeLead: "Show Frond a photo. It names the species, tells you how sure it is, and says so when it does not know.",
    tipOne: "One plant, filling the frame",
    tipTwo: "From above, sharp and in daylight",
    tipThree: "JPEG, PNG, WebP, HEIC or AVIF",
    choose: "Choose photo",
    shoot: "Take photo",
    dropOrPaste: "or drop it anywhere on this page, or paste it",
    letGo: "Let go, and Frond will look at it",
    noPreview: "This browser cannot show this file",
    photoOf: (name) => `Your photo, ${name}`,
    progressKicker: "One moment",
    progress: "Looking closely",
    preparing: "Making the photo smaller on this device.",
    sending: "Sending the photo and waiting for the answer.",
    stillSending: "Still on it. The first photo after a quiet spell takes a little longer.",
    looking: (name) => `Looking at ${name}.`,
    announcing: "This photo is large and goes by its own way. Asking where to send it.",
    uploading: (part) => `Sending the photo: ${part}.`,
    statuses: { queued: "The photo has arrived and waits for its turn.", running: "The photo is being looked at." },
    verdicts: { identified: "Identified", uncertain: "Not certain", not_recognised: "Not recognised" },
    sure: "sure",
    uncertain: "It could be one of these",
    uncertainLead: "The photo does not settle it. One plant, closer and in focus, often does.",
    notRecognised: "Not a plant that Frond knows",
    notRecognisedLead: "Nothing in this photo looks enough like a species it has learnt. If there is a plant, try it alone, closer and from above.",
    alsoConsidered: "Also considered",
    candidates: "Most likely first",
    closest: "What came closest, not to be relied on",
    roles: { crop: "Crop", weed: "Weed" },
    fineprint: (version, milliseconds) => `Model ${version} · answered in ${milliseconds} ms`,
    onlyOne: (count, name) => `You gave ${count} files; Frond looks at one at a time and took ${name}.`,
    madeSmaller: (before, after) => `The photo was ${before}, more than can be sent; a smaller copy of ${after}, made on this device, was used.`,
    keyKicker: "Access",
    keyMissing: "Frond needs your key",
    keyRefused: "That key was not accepted",
    keyHelp: "Paste the API key you were given. It stays in this browser. On your own machine, “make serve” prints it.",
    keyLabel: "API key",
    keySave: "Use this key",
    changeKey: "API key",
    docs: "API documentation",
    health: "Service health",
    problemKicker: "That did not work",
    retry: "Try again",
    reference: (id) => `Reference ${id}`,
    faults: {
      "nothing-there": ["There is no photo in that", "Drop or paste a picture file. A picture from another web page has to be saved first."],
      "not-a-photo": ["That file is not a photo", "Choose a JPEG, PNG, WebP, HEIC or AVIF file."],
      "empty-body": ["The file is empty", "Choose another one, or take the photo again."],
      "unreadable-file": ["The file cannot be opened", "It may have been moved, changed or not downloaded yet. Choose it again."],
      "too-large-to-shrink": ["The photo is too large to send", "It is over 4.4 MB and this browser cannot make it smaller. Save it as a smaller JPEG and try that."],
      "payload-too-large": ["The photo is too large to send", "Save it as a smaller JPEG and try that."],
      "unsupported-format": ["That file is not a photo", "Whatever its name says, there is no picture inside that Frond can read. Choose a JPEG, PNG, WebP, HEIC or AVIF file."],
      "unsupported-media-type": ["That kind of picture is not read here", "Choose a JPEG, PNG, WebP, HEIC or AVIF file."],
      "unreadable-photo": ["The photo is damaged", "The file is cut short or corrupt. Send the original again, or take a new photo."],
      "vanished-photo": ["The photo is gone", "It was deleted before it was looked at. Send it again."],
      "broken-promise": ["The photo did not arrive whole", "Send it again."],
      "too-many-pixels": ["The photo has too many pixels", "Make it smaller first; a few megapixels are plenty."],
      offline: ["You are offline", "Your photo is still here. Connect to the internet, then try again."],
      unreachable: ["Frond cannot be reached", "Check your connection, then try again."],
      timeout: ["No answer came in time", "Frond may be busy or the connection slow. Try again in a moment."],
      throttled: ["Too many photos at once", "Wait a minute, then try again."],
      "quota-exceeded": ["This key has no photos left for now", "Ask whoever gave it to you for more, or use another key."],
      unexpected: ["Something broke on our side", "Nothing is wrong with your photo. Try again in a moment."],
    },
  },
};
const LANGUAGE = STRINGS[document.documentElement.lang] ? document.documentElement.lang : "en";
const words = STRINGS[LANGUAGE];

const CONTENT_TYPES = {
  jpg: "image/jpeg", jpeg: "image/jpeg", jpe: "image/jpeg", jfif: "image/jpeg", pjpeg: "image/jpeg", mpo: "image/jpeg",
  png: "image/png", webp: "image/webp", avif: "image/avif", gif: "image/gif", heic: "image/heic", heif: "image/heic",
};
// What fits into a Lambda's 6 MB request once API Gateway has written it as base64.
const MOST_BYTES = 4_400_000;
const LONGEST_SIDE = 2048;
// API Gateway itself gives up after 29 s.
const PATIENCE_MS = 30_000;
const QUIET_SPELL_MS = 4_000;
// A large photo waits in two queues, and may wait for a function to start at each.
const UPLOAD_PATIENCE_MS = 180_000;
const LOOK_EVERY_MS = 1_000;
const KEY_NAME = "frond.key";
const PANELS = ["welcome", "progress", "answer", "problem", "locked"];
const SLUG_OF_STATUS = { 413: "payload-too-large", 415: "unsupported-media-type", 429: "throttled", 504: "timeout" };

const byId = (id) => document.getElementById(id);
const address = (path) => {
  const folder = location.pathname.replace(/[^/]*\.html$/, "").replace(/\/*$/, "/");
  return new URL(folder + path, location.href).href;
};

class Fault extends Error {
  constructor(slug, { title, detail, status = 0, request_id: reference = "" } = {}) {
    super(slug);
    Object.assign(this, { slug, title, detail, status, reference });
  }

  get isPassing() {
    return ["offline", "unreachable", "timeout", "throttled", "unexpected"].includes(this.slug) || this.status >= 500;
  }
}

// ---- The key -------------------------------------------------------------------------------------------------

let key = "";

function keep(candidate) {
  // A header can carry nothing else, and a key with a space at its end is a key pasted badly.
  key = /^[\x21-\x7e]+$/.test(candidate.trim()) ? candidate.trim() : "";
  try {
    localStorage.setItem(KEY_NAME, key);
  } catch {
    // A browser that stores nothing keeps the key until the page is closed.
  }
  return key !== "";
}

function readKey() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given !== null) {
    history.replaceState(null, "", location.pathname + location.search);
    return keep(given);
  }
  try {
    key = localStorage.getItem(KEY_NAME) ?? "";
  } catch {
    key = "";
  }
  return key !== "";
}

function askForKey(title) {
  byId("key-title").textContent = title;
  byId("key").value = "";
  show("locked", `${title}. ${words.keyHelp}`);
  byId("key").focus();
}

// ---- The photo -----------------------------------------------------------------------------------------------

function contentType(file) {
  const named = CONTENT_TYPES[file.name.split(".").pop().toLowerCase()];
  const told = CONTENT_TYPES[file.type.replace("image/", "")];
  return told ?? (file.type.startsWith("image/") || !file.type || file.type === "application/octet-stream" ? named : undefined);
}

async function preview(file) {
  const photo = byId("photo");
  const plate = byId("plate");
  URL.revokeObjectURL(photo.src);
  const source = URL.createObjectURL(file);
  photo.src = source;
  photo.alt = words.photoOf(file.name);
  byId("file-name").textContent = file.name;
  plate.dataset.shows = "nothing";
  const shows = await photo.decode().then(() => "photo", () => "tile");
  if (photo.src === source) plate.dataset.shows = shows;
}

async function shrunk(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  const copy = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.9));
  if (!copy) throw new Error("the canvas gave no picture");
  return copy;
}

async function checked(file) {
  const type = contentType(file);
  if (!type) throw new Fault("not-a-photo");
  if (!file.size) throw new Fault("empty-body");
  // A file that went away between choosing and sending would look like a network that is down.
  await file.slice(0, 1).arrayBuffer().catch(() => { throw new Fault("unreadable-file"); });
  return type;
}

async function smaller(file) {
  byId("progress-step").textContent = words.preparing;
  const copy = await shrunk(file).catch(() => { throw new Fault("too-large-to-shrink"); });
  if (copy.size > MOST_BYTES) throw new Fault("payload-too-large");
  tell(byId("notice").textContent, words.madeSmaller(megabytes(file.size), megabytes(copy.size)));
  return copy;
}

const megabytes = (bytes) =>
  new Intl.NumberFormat(LANGUAGE, { style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(Math.max(bytes / 1e6, 0.1));

// ---- The question --------------------------------------------------------------------------------------------

let running = new AbortController();
let latest = null;

function begin() {
  running.abort();
  running = new AbortController();
  return running;
}

async function classify(file, note = "") {
  const attempt = begin();
  latest = file;
  preview(file);
  tell(note);
  show("progress", words.looking(file.name));
  byId("progress-step").textContent = words.sending;
  try {
    const type = await checked(file);
    if (!key) throw new Fault("missing-key");
    const answer = file.size > MOST_BYTES ? await askWithLarge(file, type, attempt) : await ask(file, type, attempt);
    if (!attempt.signal.aborted) showAnswer(answer);
  } catch (fault) {
    if (attempt === running) showFault(attempt.signal.reason ?? fault);
  }
}

// The door for small photos: the photo is the request, the answer the response.
async function ask(body, type, attempt) {
  byId("progress-step").textContent = words.sending;
  const quiet = setTimeout(() => (byId("progress-step").textContent = words.stillSending), QUIET_SPELL_MS);
  const late = setTimeout(() => attempt.abort(new Fault("timeout")), PATIENCE_MS);
  try {
    return answered(await call("v1/classifications?top=5", attempt, { method: "POST", headers: { "content-type": type }, body }));
  } finally {
    clearTimeout(quiet);
    clearTimeout(late);
  }
}

// The door for large ones: a form to send the photo with, and then to ask how far it is.
async function askWithLarge(file, type, attempt) {
  const late = setTimeout(() => attempt.abort(new Fault("timeout")), UPLOAD_PATIENCE_MS);
  try {
    byId("progress-step").textContent = words.announcing;
    const announcement = JSON.stringify({ content_type: type, size: file.size });
    const form = await call("v1/uploads", attempt, { method: "POST", headers: { "content-type": "application/json" }, body: announcement });
    await upload(form, file, attempt);
    return answered(await finished(form.id, attempt));
  } catch (fault) {
    // Where that door is not open, a smaller copy fits through the other.
    if (fault.slug !== "unknown-path") throw fault;
    const copy = await smaller(file);
    attempt.signal.throwIfAborted();
    return ask(copy, "image/jpeg", attempt);
  } finally {
    clearTimeout(late);
    byId("sent").hidden = true;
  }
}

// Not fetch, which does not tell how much of a body has gone.
function upload({ url, fields }, file, attempt) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("file", file);
  const request = new XMLHttpRequest();
  const bar = byId("sent");
  const tellProgress = (part) => {
    bar.value = part;
    byId("progress-step").textContent = words.uploading(new Intl.NumberFormat(LANGUAGE, { style: "percent" }).format(part));
  };
  return new Promise((sent, failed) => {
    attempt.signal.addEventListener("abort", () => request.abort());
    request.upload.addEventListener("progress", (event) => event.lengthComputable && tellProgress(event.loaded / event.total));
    request.addEventListener("load", () => (request.status < 300 ? sent() : failed(new Fault("unexpected", { status: request.status }))));
    request.addEventListener("error", () => failed(new Fault(navigator.onLine ? "unreachable" : "offline")));
    request.addEventListener("abort", () => failed(attempt.signal.reason ?? new Fault("unexpected")));
    request.open("POST", url);
    bar.hidden = false;
    tellProgress(0);
    request.send(body);
  });
}

async function finished(id, attempt) {
  byId("sent").hidden = true;
  for (;;) {
    const answer = await call(`v1/classifications/${id}`, attempt);
    if (answer.status === "succeeded") return answer;
    if (answer.status === "failed") throw faultOf(422, answer.error ?? {});
    byId("progress-step").textContent = words.statuses[answer.status] ?? words.stillSending;
    await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
    attempt.signal.throwIfAborted();
  }
}

async function call(path, attempt, options = {}) {
  const headers = { "x-api-key": key, ...options.headers };
  const response = await fetch(address(path), { ...options, headers, signal: attempt.signal })
    .catch(() => { throw new Fault(navigator.onLine ? "unreachable" : "offline"); });
  const document = await response.json().catch(() => ({}));
  if (!response.ok) throw faultOf(response.status, document);
  return document;
}

function answered(answer) {
  if (!answer.verdict || !answer.predictions?.length) throw new Fault("unexpected");
  return answer;
}

function faultOf(status, document) {
  if (status === 401 || status === 403) return new Fault("missing-key", { status });
  const slug = String(document.type ?? "").split(":").pop();
  return new Fault(slug || SLUG_OF_STATUS[status] || "unexpected", { ...document, status });
}

// ---- The answer ----------------------------------------------------------------------------------------------

function show(name, spoken) {
  const focused = document.activeElement?.closest(".panel");
  for (const panel of PANELS) byId(panel).hidden = panel !== name;
  // Focus that sat in a panel now gone would fall back to the top of the page.
  if (focused?.hidden) byId(name).querySelector("h2").focus();
  byId("status").textContent = spoken;
}

function tell(...sentences) {
  const notice = sentences.filter(Boolean).join(" ");
  byId("notice").textContent = notice;
  byId("notice").hidden = !notice;
}

function share(confidence) {
  const format = new Intl.NumberFormat(LANGUAGE, { style: "percent", maximumFractionDigits: 0 });
  if (confidence > 0.99) return `>${format.format(0.99)}`;
  return confidence < 0.01 ? `<${format.format(0.01)}` : format.format(confidence);
}

function drawBar(bar, confidence) {
  bar.style.transform = `scaleX(${Math.min(1, Math.max(0.004, confidence))})`;
}

function label(element, role) {
  element.textContent = words.roles[role] ?? role ?? "";
  element.dataset.role = role ?? "";
}

const nameOf = (prediction) => prediction.common_name || prediction.scientific_name;

function candidate(prediction) {
  const row = byId("candidate").content.cloneNode(true);
  row.querySelector(".name").textContent = nameOf(prediction);
  row.querySelector(".share").textContent = share(prediction.confidence);
  row.querySelector(".scientific-name").textContent = prediction.scientific_name;
  label(row.querySelector(".role"), prediction.role);
  drawBar(row.querySelector(".bar i"), prediction.confidence);
  return row;
}

function showAnswer({ verdict, predictions, model, timings_ms: timings }) {
  const [first, ...rest] = predictions;
  const identified = verdict === "identified";
  const recognised = verdict !== "not_recognised";
  byId("answer").dataset.verdict = verdict;
  byId("verdict").textContent = words.verdicts[verdict] ?? words.verdicts.uncertain;
  byId("species").textContent = identified ? nameOf(first) : recognised ? words.uncertain : words.notRecognised;
  byId("sentence").textContent = identified ? "" : recognised ? words.uncertainLead : words.notRecognisedLead;
  byId("scientific-name").textContent = first.scientific_name;
  label(byId("role"), first.role);
  byId("confidence").textContent = share(first.confidence);
  byId("others-title").textContent = identified ? words.alsoConsidered : recognised ? words.candidates : words.closest;
  byId("others").open = recognised;
  byId("candidates").replaceChildren(...(identified ? rest : predictions).map(candidate));
  byId("fineprint").textContent = words.fineprint(model?.version ?? "–", Math.round(timings?.total ?? 0));
  drawBar(byId("hero-bar").firstElementChild, first.confidence);
  show("answer", spoken(verdict, predictions));
}

function spoken(verdict, [first, ...rest]) {
  const said = (one) => `${nameOf(one)}, ${share(one.confidence)}`;
  if (verdict === "identified") return `${nameOf(first)}, ${first.scientific_name}, ${words.roles[first.role] ?? ""}, ${share(first.confidence)} ${words.sure}.`;
  if (verdict === "not_recognised") return `${words.notRecognised}. ${words.notRecognisedLead}`;
  return `${words.uncertain}: ${[first, ...rest.slice(0, 2)].map(said).join("; ")}.`;
}

function showFault(fault) {
  if (fault.slug === "missing-key") return askForKey(fault.status ? words.keyRefused : words.keyMissing);
  // A problem this page has no words for brings its own.
  const [title, advice] = words.faults[fault.slug] ?? [fault.title, fault.detail];
  byId("problem-title").textContent = title || words.faults.unexpected[0];
  byId("problem-advice").textContent = advice || words.faults.unexpected[1];
  byId("problem-reference").textContent = fault.status >= 500 && fault.reference ? words.reference(fault.reference) : "";
  byId("retry").hidden = !(fault instanceof Fault ? fault.isPassing : true) || !latest;
  show("problem", `${byId("problem-title").textContent}. ${byId("problem-advice").textContent}`);
}

// ---- The doors -----------------------------------------------------------------------------------------------

function take(files) {
  const file = [...files].find(contentType) ?? files[0];
  if (!file) {
    begin();
    return showFault(new Fault("nothing-there"));
  }
  classify(file, files.length > 1 ? words.onlyOne(files.length, file.name) : "");
}

for (const element of document.querySelectorAll("[data-words]")) element.textContent = words[element.dataset.words];
[...byId("pinnae").children].forEach((pinna, index) => (pinna.style.animationDelay = `${index * 35}ms`));
byId("docs").href = address("docs");
byId("health").href = address("v1/health");

byId("choose").addEventListener("click", () => byId("file").click());
byId("shoot").addEventListener("click", () => byId("camera").click());
byId("plate").addEventListener("click", () => byId("file").click());
for (const id of ["file", "camera"]) {
  byId(id).addEventListener("change", ({ target }) => {
    if (target.files.length) take([...target.files]);
    target.value = "";
  });
}
byId("retry").addEventListener("click", () => classify(latest));
byId("change-key").addEventListener("click", () => {
  begin();
  askForKey(words.keyMissing);
});
byId("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!keep(byId("key").value)) askForKey(words.keyRefused);
  else if (latest) classify(latest);
  else show("welcome", words.welcome);
});

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
const intoField = (event) => event.target.closest?.("input") !== null;
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event) && intoField(event)) return;
  event.preventDefault();
  document.body.dataset.dragging = "";
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) delete document.body.dataset.dragging;
});
document.addEventListener("drop", (event) => {
  delete document.body.dataset.dragging;
  if (!carriesFiles(event) && intoField(event)) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const { files } = event.clipboardData;
  if (!files.length && intoField(event)) return;
  event.preventDefault();
  take(files);
});
addEventListener("hashchange", readKey);
readKey();
