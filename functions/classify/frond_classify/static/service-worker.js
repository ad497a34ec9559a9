"use strict";

// Caches the page and its files, so that the app opens offline. Responses of the API are never cached.
const VERSION = "{{version}}";
const CACHE = `frond ${registration.scope} ${VERSION}`;
const PAGE = registration.scope;
const FILES = ["manifest.webmanifest", "icon.svg"].map((name) => new URL(name, location).href);

async function precache(url) {
  const response = await fetch(url, { cache: "reload" });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  await (await caches.open(CACHE)).put(url, response);
}

// Other pages of the same origin, such as another stage's, have caches of their own.
async function deleteOldCaches() {
  const isOurs = (name) => name.startsWith(`frond ${registration.scope} `);
  const names = await caches.keys();
  await Promise.all(names.filter((name) => isOurs(name) && name !== CACHE).map((name) => caches.delete(name)));
}

const matchCache = async (url) => (await caches.open(CACHE)).match(url);

// Network first: only it has the newest page.
async function fetchPage(request) {
  try {
    return await fetch(request);
  } catch (error) {
    return (await matchCache(PAGE)) ?? Promise.reject(error);
  }
}

addEventListener("install", (event) => event.waitUntil(Promise.all([PAGE, ...FILES].map(precache)).then(() => skipWaiting())));
addEventListener("activate", (event) => event.waitUntil(deleteOldCaches().then(() => clients.claim())));
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = request.url.split(/[?#]/)[0];
  if (request.method !== "GET") return;
  if (request.mode === "navigate" && url === PAGE) event.respondWith(fetchPage(request));
  if (FILES.includes(url)) event.respondWith(matchCache(url).then((cached) => cached ?? fetch(request)));
});
