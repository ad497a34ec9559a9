"use strict";

// A phone has an app for its camera, which the browser opens; elsewhere the page looks through the camera itself.
const hasCameraApp = matchMedia("(any-pointer: coarse)").matches;

let seeing = null;

async function offerWebcam() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  if (!hasCameraApp && devices.some(({ kind }) => kind === "videoinput")) byId("shoot").dataset.webcam = "";
}

async function openWebcam() {
  openSheet("webcam-sheet");
  byId("shutter").disabled = true;
  byId("webcam-fault").textContent = "";
  const video = { facingMode: "environment", width: { ideal: 1920 }, height: { ideal: 1080 } };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video });
    if (!byId("webcam-sheet").open) return stop(stream);
    seeing = stream;
    byId("webcam").srcObject = stream;
    await byId("webcam").play();
    byId("shutter").disabled = false;
    byId("shutter").focus();
  } catch (fault) {
    byId("webcam-fault").textContent = fault.name === "NotAllowedError" ? words.webcamRefused : words.webcamBroken;
  }
  return undefined;
}

async function shootWebcam() {
  const { videoWidth: width, videoHeight: height } = byId("webcam");
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(byId("webcam"), 0, 0);
  const photo = await encoded(canvas);
  byId("webcam-sheet").close();
  take([new File([photo], words.webcamPhoto, { type: "image/jpeg" })]);
}

function closeWebcam() {
  byId("webcam").srcObject = null;
  if (seeing) stop(seeing);
  seeing = null;
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
