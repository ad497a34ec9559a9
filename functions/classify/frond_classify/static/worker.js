"use strict";

// Keeps the page and its files, so that the app opens without a network. Answers of the API are never kept.
const VERSION = "{{version}}";
const SHELF = `frond ${registration.scope} ${VERSION}`;
const PAGE = registration.scope;
const FILES = ["manifest.webmanifest", "icon.svg"].map((name) => new URL(name, location).href);

async function keep(address) {
  const response = await fetch(address, { cache: "reload" });
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  await (await caches.open(SHELF)).put(address, response);
}

// Other pages of the same origin, another stage's among them, have shelves of their own.
async function forgetOthers() {
  const mine = (name) => name.startsWith(`frond ${registration.scope} `);
  const names = await caches.keys();
  await Promise.all(names.filter((name) => mine(name) && name !== SHELF).map((name) => caches.delete(name)));
}

const kept = async (address) => (await caches.open(SHELF)).match(address);

// The network has the newest page; the shelf has one when there is no network.
async function page(request) {
  try {
    return await fetch(request);
  } catch (fault) {
    return (await kept(PAGE)) ?? Promise.reject(fault);
  }
}

addEventListener("install", (event) => event.waitUntil(Promise.all([PAGE, ...FILES].map(keep)).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(forgetOthers().then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { request } = event;
  const address = request.url.split(/[?#]/)[0];
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && address === PAGE) event.respondWith(page(request));
  if (FILES.includes(address)) event.respondWith(kept(address).then((file) => file ?? fetch(request)));
});
