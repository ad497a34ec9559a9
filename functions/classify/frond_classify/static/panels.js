"use strict";

// One panel is seen at a time, beside the plate.
const PANELS = ["welcome", "progress", "answer", "problem", "locked"];

const byId = (id) => document.getElementById(id);

let notes = [];
let draw = () => {};

// `fill` writes the panel's words and returns what is to be heard of them; another language calls it again.
function show(name, fill) {
  const focused = document.activeElement?.closest(".panel");
  for (const panel of PANELS) byId(panel).hidden = panel !== name;
  draw = () => say(fill());
  draw();
  // Focus that sat in a panel now gone would fall back to the top of the page.
  if (focused?.hidden) byId(name).querySelector("h2").focus();
}

const showWelcome = () => show("welcome", () => words.welcome);

// A sheet that was scrolled when it was closed begins at its top again.
function openSheet(id) {
  byId(id).showModal();
  byId(id).scrollTop = 0;
}

function say(sentence) {
  byId("status").textContent = sentence;
}

// Notes are functions, since the words for them may change.
function tell(...given) {
  notes = given;
  const notice = notes.map((note) => note()).join(" ");
  byId("notice").textContent = notice;
  byId("notice").hidden = !notice;
}

const tellAlso = (note) => tell(...notes, note);

function step(sentence) {
  byId("progress-step").textContent = sentence;
}

function drawAgain() {
  draw();
  tell(...notes);
}

function showFault(fault, canRetry) {
  if (fault.slug === "missing-key") return askForKey(fault.status ? "keyRefused" : "keyMissing");
  show("problem", () => {
    const [title, advice] = fault.words;
    byId("problem-title").textContent = title;
    byId("problem-advice").textContent = advice;
    byId("problem-reference").textContent = fault.status >= 500 && fault.reference ? words.reference(fault.reference) : "";
    byId("retry").hidden = !canRetry || !fault.isPassing;
    return `${title}. ${advice}`;
  });
}
