import { errorFromProblem, slugOf, UnexpectedResponseError } from "./errors.js";

export async function parseJson(response) {
  await throwForStatus(response);
  try {
    return await response.json();
  } catch (error) {
    throw new UnexpectedResponseError(`${response.url} does not answer as Frond's API does.`, { cause: error });
  }
}

export async function throwForStatus(response) {
  if (response.ok) return;
  const problem = await readProblem(response);
  // A 404 without a Frond type means that the server has no Frond routes.
  if (!problem || (response.status === 404 && !slugOf(problem))) {
    throw new UnexpectedResponseError(`${response.url} answered ${response.status} and not as Frond's API does. Is that its address?`);
  }
  throw errorFromProblem(problem, retryAfter(response));
}

// Return the problem of a response in Frond's or API Gateway's format; null for any other format.
export async function readProblem(response) {
  const requestId = response.headers.get("x-request-id") ?? response.headers.get("x-amzn-requestid");
  const unknown = { type: "about:blank", title: response.statusText || "No reason was given", status: response.status };
  const known = { ...unknown, ...(requestId && { request_id: requestId }) };
  const body = await response.clone().json().catch(() => null);
  const detail = body?.detail ?? body?.message;
  if (detail === undefined && body?.title === undefined) {
    // A gateway or proxy may send these in a format of its own.
    return response.status === 429 || response.status >= 500 ? known : null;
  }
  return { ...known, ...body, status: response.status, ...(detail !== undefined && { detail }) };
}

// Return the seconds of the header, which is a number or a date; null without one.
export function retryAfter(response) {
  const value = response.headers.get("retry-after")?.trim() ?? "";
  if (/^\d+$/.test(value)) return Number(value);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max((date - Date.now()) / 1000, 0);
}
