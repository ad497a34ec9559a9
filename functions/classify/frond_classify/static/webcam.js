import { messages } from "./i18n.js";
import { encodeJpeg } from "./photo.js";
import { byId, openDialog } from "./views.js";

// A phone's browser opens its camera app; elsewhere the page shows the camera itself.
export const hasCameraApp = matchMedia("(any-pointer: coarse)").matches;

let stream = null;

export async function offerWebcam() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  if (!hasCameraApp && devices.some(({ kind }) => kind === "videoinput")) byId("take-photo").dataset.webcam = "";
}

export async function openWebcam() {
  openDialog("webcam-dialog");
  byId("shutter").disabled = true;
  byId("webcam-error").textContent = "";
  const video = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } };
  try {
    const opened = await navigator.mediaDevices.getUserMedia({ video });
    // The dialog may have been closed while the browser asked for permission.
    if (!byId("webcam-dialog").open) {
      stopTracks(opened);
      return;
    }
    stream = opened;
    byId("webcam").srcObject = stream;
    await byId("webcam").play();
    byId("shutter").disabled = false;
    byId("shutter").focus();
  } catch (error) {
    byId("webcam-error").textContent = error.name === "NotAllowedError" ? messages.webcamRefused : messages.webcamBroken;
  }
}

// Close the camera and return what it showed, as a JPEG file.
export async function captureWebcam() {
  const { videoWidth: width, videoHeight: height } = byId("webcam");
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(byId("webcam"), 0, 0);
  const jpeg = await encodeJpeg(canvas);
  byId("webcam-dialog").close();
  return new File([jpeg], messages.webcamPhoto, { type: "image/jpeg" });
}

export function closeWebcam() {
  byId("webcam").srcObject = null;
  if (stream) stopTracks(stream);
  stream = null;
}

function stopTracks(opened) {
  for (const track of opened.getTracks()) track.stop();
}
