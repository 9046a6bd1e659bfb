/* The worker of the app. It keeps the page for when there is no network and what that page is made of, and nothing of a
   customer; with a network everything comes from there, so that nothing here is ever out of date. BUILD stands before. */
"use strict";

const CACHE = `retention-${BUILD.version}`;

const keep = async () => {
  const cache = await caches.open(CACHE);
  /* Past the browser's own cache, and without saying who asks: the page is the same for everybody. */
  const fresh = { cache: "reload", credentials: "omit" };
  await cache.addAll([BUILD.offline, ...BUILD.files].map((address) => new Request(address, fresh)));
  await self.skipWaiting();
};

const takeOver = async () => {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
};

const kept = (address) => caches.open(CACHE).then((cache) => cache.match(address, { ignoreVary: true }));

const orKept = async (request, address) => {
  try {
    return await fetch(request);
  } catch (error) {
    const found = await kept(address);
    if (!found) throw error;
    return found;
  }
};

self.addEventListener("install", (event) => event.waitUntil(keep()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", (event) => event.data === "claim" && event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(orKept(request, BUILD.offline));
  else if ([BUILD.offline, ...BUILD.files].includes(pathname)) event.respondWith(orKept(request, pathname));
});
