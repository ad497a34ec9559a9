"use strict";

// The answers of the past, in this browser's own database (IndexedDB): what was answered and small pictures.
const MOST_ENTRIES = 100;

const promised = (request) => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

let database = null;

function opened() {
  database ??= new Promise((done, failed) => {
    const request = indexedDB.open("frond", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("answers", { keyPath: "id" }).createIndex("at", "at");
    request.onsuccess = () => done(request.result);
    request.onerror = request.onblocked = () => failed(request.error);
  });
  return database;
}

const finishedWith = (transaction) => new Promise((done, failed) => {
  transaction.oncomplete = done;
  transaction.onabort = transaction.onerror = () => failed(transaction.error);
});

// A browser without a database, or one that is full, keeps the answers until the page is closed.
const unsaved = new Map();
let isFleeting = false;

async function store(mode, work) {
  try {
    const transaction = (await opened()).transaction("answers", mode);
    const done = finishedWith(transaction);
    const result = await work(transaction.objectStore("answers"));
    await done;
    return result;
  } catch {
    isFleeting = true;
    return null;
  }
}

// The newest first.
async function entries() {
  const saved = (await store("readonly", (answers) => promised(answers.index("at").getAll()))) ?? [];
  const all = new Map([...saved.map((entry) => [entry.id, entry]), ...unsaved]);
  return [...all.values()].sort((one, other) => other.at - one.at);
}

async function saveEntry(entry) {
  const isSaved = await store("readwrite", async (answers) => {
    await promised(answers.put(entry));
    const keys = await promised(answers.index("at").getAllKeys());
    for (const id of keys.slice(0, -MOST_ENTRIES)) answers.delete(id);
    return true;
  });
  if (!isSaved) unsaved.set(entry.id, entry);
  for (const id of [...unsaved.keys()].slice(0, -MOST_ENTRIES)) unsaved.delete(id);
}

async function forgetEntry(id) {
  unsaved.delete(id);
  await store("readwrite", (answers) => promised(answers.delete(id)));
}

async function forgetEntries() {
  unsaved.clear();
  await store("readwrite", (answers) => promised(answers.clear()));
}
