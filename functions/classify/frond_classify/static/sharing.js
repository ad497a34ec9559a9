import { formatConfidence, messages } from "./i18n.js";
import { formatAlternatives } from "./locale.js";
import { displayName, plant } from "./plant.js";
import { saveFile } from "./saved-file.js";
import { setNotices, setStatus } from "./views.js";

function shareText({ verdict, predictions }) {
  const [first] = predictions;
  if (verdict === "identified") return messages.shareText.identified(displayName(first), first.scientific_name, formatConfidence(first.confidence));
  return messages.shareText[verdict](formatAlternatives(predictions.slice(0, 3).map(displayName)));
}

export async function shareAnswer() {
  const text = shareText(plant.answer);
  if (!navigator.share) return copyText(text);
  // Closing the share sheet rejects with an AbortError, which is no failure.
  return navigator.share({ title: "Frond", text }).catch((error) => error.name === "AbortError" || copyText(text));
}

async function copyText(text) {
  const message = await navigator.clipboard.writeText(text).then(() => "copied", () => "shareFailed");
  setNotices(() => messages[message]);
  setStatus(messages[message]);
}

export function downloadAnswer() {
  const { id, predictions } = plant.answer;
  saveFile(JSON.stringify(plant.answer, null, 2), `frond-${predictions[0].species}-${id.slice(0, 8)}.json`, "application/json");
}
