// The history, in the browser's own database (IndexedDB): answers with small pictures.
const MAX_ENTRIES = 100;

const promisify = (idbRequest) => new Promise((resolve, reject) => {
  idbRequest.onsuccess = () => resolve(idbRequest.result);
  idbRequest.onerror = () => reject(idbRequest.error);
});

let database = null;

function openDatabase() {
  database ??= new Promise((resolve, reject) => {
    const opening = indexedDB.open("frond", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("answers", { keyPath: "id" }).createIndex("at", "at");
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = opening.onblocked = () => reject(opening.error);
  });
  return database;
}

const completed = (transaction) => new Promise((resolve, reject) => {
  transaction.oncomplete = resolve;
  transaction.onabort = transaction.onerror = () => reject(transaction.error);
});

// Without a database, or when it is full, the entries live until the page is closed.
const memory = new Map();
export let isInMemory = false;

async function withStore(mode, work) {
  try {
    const transaction = (await openDatabase()).transaction("answers", mode);
    const done = completed(transaction);
    const result = await work(transaction.objectStore("answers"));
    await done;
    return result;
  } catch {
    isInMemory = true;
    return null;
  }
}

// Return all entries, newest first.
export async function listEntries() {
  const saved = (await withStore("readonly", (store) => promisify(store.index("at").getAll()))) ?? [];
  const byEntryId = new Map([...saved.map((entry) => [entry.id, entry]), ...memory]);
  return [...byEntryId.values()].sort((one, other) => other.at - one.at);
}

async function saveEntry(entry) {
  const isSaved = await withStore("readwrite", async (store) => {
    await promisify(store.put(entry));
    const ids = await promisify(store.index("at").getAllKeys());
    for (const id of ids.slice(0, -MAX_ENTRIES)) store.delete(id);
    return true;
  });
  if (!isSaved) memory.set(entry.id, entry);
  for (const id of [...memory.keys()].slice(0, -MAX_ENTRIES)) memory.delete(id);
}

export async function deleteEntry(id) {
  memory.delete(id);
  await withStore("readwrite", (store) => promisify(store.delete(id)));
}

export async function deleteAllEntries() {
  memory.clear();
  await withStore("readwrite", (store) => promisify(store.clear()));
}

// The time and the place of the photo are saved here and nowhere else.
const savedPhoto = (name, { thumbnail, taken }) => ({ name, thumbnail, ...taken });

export async function savePlant({ id, at, answer, photos }) {
  const thumbnails = await Promise.all(photos.map(async ({ name, resized }) => savedPhoto(name, await resized)));
  await saveEntry({ id, at, answer, photos: thumbnails });
}

// Save a change of the answer, unless the entry was deleted.
export async function updateSavedPlant(changed) {
  if ((await listEntries()).some(({ id }) => id === changed.id)) await savePlant(changed);
}
