"use strict";

// The plant in question: its photos, the one that is looked at, and what was asked and answered of them.
// One that comes from the history has thumbnails only, and the day it was asked.
const plantOf = (photos, past = {}) => ({ id: newId(), photos, selected: 0, question: null, answer: null, at: null, isPast: false, ...past });

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

let plant = plantOf([]);

// What the API says of one photo by itself; an answer without that has it for its only photo.
function factsOf(answer, index) {
  const { image, verdict, predictions, evidence } = answer;
  return answer.images?.[index] ?? (index === 0 ? { ...image, verdict, predictions, evidence } : {});
}

const nameOf = (prediction) => prediction.common_name || prediction.scientific_name;

function headline({ verdict, predictions }) {
  if (verdict === "identified") return nameOf(predictions[0]);
  return verdict === "not_recognised" ? words.notRecognised : words.uncertain;
}
