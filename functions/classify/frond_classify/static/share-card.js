import { formatConfidence, messages } from "./i18n.js";
import { headline, plant } from "./plant.js";
import { saveFile } from "./saved-file.js";
import { setNotices, setStatus } from "./views.js";

// A picture of the answer to send to others: the photo, the species and the confidence.
const CARD = { width: 1080, height: 1350, photo: 1010, margin: 64 };
const COLOURS = { background: "#10281c", text: "#f2f7ef", muted: "#a9c7b1", bar: "#cbe88f", track: "#27473a" };
const SERIF = "Georgia, 'Times New Roman', serif";
const SANS = "system-ui, 'Segoe UI', Roboto, sans-serif";

export async function shareCard() {
  const canvas = Object.assign(document.createElement("canvas"), { width: CARD.width, height: CARD.height });
  drawCard(canvas.getContext("2d"), await loadedPhoto());
  const jpeg = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.9));
  const name = `frond-${plant.answer.predictions[0].species}.jpg`;
  const files = [new File([jpeg], name, { type: "image/jpeg" })];
  if (navigator.canShare?.({ files })) {
    const failure = await navigator.share({ files, title: "Frond" }).then(() => null, (error) => error);
    // Closing the share sheet rejects with an AbortError, which is no failure.
    if (!failure || failure.name === "AbortError") return;
  }
  saveFile(jpeg, name, "image/jpeg");
  setNotices(() => messages.cardSaved);
  setStatus(messages.cardSaved);
}

// A file that the browser cannot decode leaves the card without a photo.
async function loadedPhoto() {
  const image = new Image();
  image.src = plant.photos[plant.selected].source;
  return image.decode().then(() => image, () => null);
}

function drawCard(context, image) {
  const { width, height, photo, margin } = CARD;
  context.fillStyle = COLOURS.background;
  context.fillRect(0, 0, width, height);
  if (image) drawCover(context, image, width, photo);
  const { predictions: [first], verdict } = plant.answer;
  const isIdentified = verdict === "identified";
  drawText(context, headline(plant.answer), photo + 105, `500 76px ${SERIF}`, COLOURS.text);
  if (isIdentified) drawText(context, first.scientific_name, photo + 165, `italic 42px ${SERIF}`, COLOURS.muted);
  if (isIdentified) drawBar(context, first.confidence, photo + 205);
  drawText(context, isIdentified ? `${formatConfidence(first.confidence)} ${messages.sure}` : messages.verdicts[verdict], photo + 280, `600 36px ${SANS}`, COLOURS.text);
  context.textAlign = "right";
  drawText(context, "Frond", photo + 280, `500 40px ${SERIF}`, COLOURS.bar, width - margin);
}

// Fill the top of the card with the middle of the photo.
function drawCover(context, image, width, height) {
  const scale = Math.max(width / image.naturalWidth, height / image.naturalHeight);
  const [cropWidth, cropHeight] = [width / scale, height / scale];
  context.imageSmoothingQuality = "high";
  context.drawImage(image, (image.naturalWidth - cropWidth) / 2, (image.naturalHeight - cropHeight) / 2, cropWidth, cropHeight, 0, 0, width, height);
}

// A name that is too long is made narrower.
function drawText(context, text, y, font, colour, x = CARD.margin) {
  context.font = font;
  context.fillStyle = colour;
  context.fillText(text, x, y, CARD.width - 2 * CARD.margin);
}

function drawBar(context, confidence, y) {
  const length = CARD.width - 2 * CARD.margin;
  for (const [part, colour] of [[1, COLOURS.track], [confidence, COLOURS.bar]]) {
    context.fillStyle = colour;
    context.fillRect(CARD.margin, y, length * part, 16);
  }
}
