// Keeps the page for offline use: everything of one version is fetched once and kept together.
//
// A page is asked of the network first, so that a new version shows at once; its files carry a digest in their names
// and come from the cache first. `cargo xtask dist` writes the version and the list (xtask/src/bundle.rs); as it stands
// here the list is empty and nothing is kept.
"use strict";

const VERSION = "unbuilt";
const FILES = [/* files */];

// Other pages of this origin, and other copies of this one, have caches of their own.
const FAMILY = "highwater " + self.registration.scope + " ";
const CACHE = FAMILY + VERSION;
const INDEX = new URL("./index.html", self.registration.scope).href;

self.addEventListener("install", (event) => {
  const fresh = FILES.map((file) => new Request(new URL(file, self.registration.scope), { cache: "no-cache" }));
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(fresh)));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith(FAMILY) && name !== CACHE))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const request = event.request;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  event.respondWith(request.mode === "navigate" ? page(request) : file(request));
});

async function page(request) {
  try {
    return await fetch(request);
  } catch (offline) {
    const kept = await (await caches.open(CACHE)).match(INDEX);
    if (kept) return kept;
    throw offline;
  }
}

async function file(request) {
  const kept = await (await caches.open(CACHE)).match(request, { ignoreVary: true });
  return kept || fetch(request);
}
