import { apiKey } from "./api-key.js";
import { ProblemError } from "./errors.js";

// API Gateway itself gives up after 29 s.
export const TIMEOUT_MS = 30_000;

// The page may lie under a stage, with or without a slash at its end.
export function resolveUrl(path) {
  const folder = location.pathname.replace(/[^/]*\.html$/, "").replace(/\/*$/, "/");
  return new URL(folder + path, location.href).href;
}

export async function fetchApi(path, options = {}) {
  const headers = { "x-api-key": apiKey, ...options.headers };
  const response = await fetch(resolveUrl(path), { ...options, headers }).catch(() => { throw ProblemError.fromNetwork(); });
  if (!response.ok) throw ProblemError.fromResponse(response.status, await response.json().catch(() => ({})));
  return response;
}

export async function fetchJson(path, options) {
  const response = await fetchApi(path, options);
  return response.json().catch(() => ({}));
}

export const sendJson = (path, method, document, signal) =>
  fetchJson(path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(document), signal });
