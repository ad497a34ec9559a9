"use strict";

let key = "";

function keepKey(candidate) {
  // A header can carry nothing else, and a key with a space at its end is a key pasted badly.
  key = /^[\x21-\x7e]+$/.test(candidate.trim()) ? candidate.trim() : "";
  keep("key", key);
  return key !== "";
}

function readKey() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (given === null) {
    key = kept("key");
    return;
  }
  history.replaceState(null, "", location.pathname + location.search);
  keepKey(given);
}

function askForKey(title) {
  byId("key").value = "";
  show("locked", () => {
    byId("key-title").textContent = words[title];
    return `${words[title]}. ${words.keyHelp}`;
  });
  byId("key").focus();
}
