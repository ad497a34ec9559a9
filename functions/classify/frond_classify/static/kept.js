"use strict";

// What the browser keeps between visits: the key and two settings. One that stores nothing keeps them until the
// page is closed.
const unstored = {};

function keep(name, value) {
  unstored[name] = value;
  try {
    localStorage.setItem(`frond.${name}`, value);
  } catch {
    // It was said above.
  }
}

function kept(name) {
  try {
    return localStorage.getItem(`frond.${name}`) ?? unstored[name] ?? "";
  } catch {
    return unstored[name] ?? "";
  }
}
