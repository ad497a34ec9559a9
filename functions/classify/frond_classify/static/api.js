"use strict";

// API Gateway itself gives up after 29 s.
const PATIENCE_MS = 30_000;

// The page may lie under a stage, with or without a slash at its end.
function address(path) {
  const folder = location.pathname.replace(/[^/]*\.html$/, "").replace(/\/*$/, "/");
  return new URL(folder + path, location.href).href;
}

async function send(path, options = {}) {
  const headers = { "x-api-key": key, ...options.headers };
  const response = await fetch(address(path), { ...options, headers }).catch(() => { throw Fault.ofNetwork(); });
  if (!response.ok) throw Fault.ofAnswer(response.status, await response.json().catch(() => ({})));
  return response;
}

async function call(path, options) {
  const response = await send(path, options);
  return response.json().catch(() => ({}));
}

const sendJson = (path, method, document, signal) =>
  call(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(document), signal });
