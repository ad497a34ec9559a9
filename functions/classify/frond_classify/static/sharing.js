"use strict";

function sentenceOf({ verdict, predictions }) {
  const [first] = predictions;
  if (verdict === "identified") return words.shared.identified(nameOf(first), first.scientific_name, share(first.confidence));
  return words.shared[verdict](new Intl.ListFormat(locale, { type: "disjunction" }).format(predictions.slice(0, 3).map(nameOf)));
}

async function shareAnswer() {
  const text = sentenceOf(plant.answer);
  if (navigator.share) {
    // Whoever closes the sheet has changed their mind; that is no fault.
    return navigator.share({ title: "Frond", text }).catch((fault) => fault.name === "AbortError" || copy(text));
  }
  return copy(text);
}

async function copy(text) {
  const note = await navigator.clipboard.writeText(text).then(() => "copied", () => "notShared");
  tell(() => words[note]);
  say(words[note]);
}

function download() {
  const { id, predictions } = plant.answer;
  const file = new Blob([JSON.stringify(plant.answer, null, 2)], { type: "application/json" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = `frond-${predictions[0].species}-${id.slice(0, 8)}.json`;
  link.click();
  // The browser has to have begun to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
