import { loadSetting, saveSetting } from "./settings-store.js";

export let apiKey = "";

export function saveApiKey(text) {
  // A header can carry nothing else; spaces at the ends come from copying.
  const trimmed = text.trim();
  apiKey = /^[\x21-\x7e]+$/.test(trimmed) ? trimmed : "";
  saveSetting("key", apiKey);
  return apiKey !== "";
}

// A key in the address, after `#key=`, is saved and removed from the address bar.
export function loadApiKey() {
  const fromAddress = new URLSearchParams(location.hash.slice(1)).get("key");
  if (fromAddress === null) {
    apiKey = loadSetting("key");
    return;
  }
  history.replaceState(null, "", location.pathname + location.search);
  saveApiKey(fromAddress);
}
