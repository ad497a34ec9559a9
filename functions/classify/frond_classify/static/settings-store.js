// The API key and two settings, in the browser's local storage. A browser that refuses to store them has them here
// until the page is closed.
const unsaved = {};

export function saveSetting(name, value) {
  unsaved[name] = value;
  try {
    localStorage.setItem(`frond.${name}`, value);
  } catch {
    // See above.
  }
}

export function loadSetting(name) {
  try {
    return localStorage.getItem(`frond.${name}`) ?? unsaved[name] ?? "";
  } catch {
    return unsaved[name] ?? "";
  }
}
