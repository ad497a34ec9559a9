import { ConnectionFailedError, ResponseTimeoutError, slugOf } from "./errors.js";
import { readProblem, retryAfter } from "./responses.js";

const RETRYABLE = [429, 500, 502, 503, 504];
const BACKOFF_BASE_MS = 500;
const BACKOFF_MAX_MS = 20_000;

// Send a request; retry transient failures (429, 5xx, no connection). `deadline` is when the last attempt may begin.
export async function sendWithRetries(send, { maxAttempts, deadline, signal }) {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted();
    const response = await send().catch((error) => {
      signal?.throwIfAborted();
      return toTransportError(error);
    });
    const isError = response instanceof Error;
    if (!isError && !RETRYABLE.includes(response.status)) return response;
    const delay = isError ? backoff(attempt) : await delayAfter(response, attempt);
    if (attempt === maxAttempts || Date.now() + delay > deadline) {
      if (isError) throw response;
      return response;
    }
    await pause(delay, signal);
  }
}

export function pause(delay, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, delay);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

// Infinite when the daily quota is used up.
async function delayAfter(response, attempt) {
  const seconds = retryAfter(response);
  // The jitter spreads clients that were throttled together; the backoff relieves a busy service.
  if (seconds !== null) return Math.max(seconds * 1000 + Math.random() * BACKOFF_BASE_MS, backoff(attempt));
  const problem = await readProblem(response);
  return problem && slugOf(problem) === "quota-exceeded" ? Infinity : backoff(attempt);
}

// A delay that doubles with each attempt; half of it is jitter.
function backoff(attempt) {
  const longest = Math.min(BACKOFF_BASE_MS * 2 ** (attempt - 1), BACKOFF_MAX_MS);
  return longest * (0.5 + Math.random() / 2);
}

function toTransportError(error) {
  if (error.name === "TimeoutError") return new ResponseTimeoutError("The service did not answer in time.", null, { cause: error });
  if (error instanceof TypeError) return new ConnectionFailedError(`The service cannot be reached: ${error.message}`, { cause: error });
  throw error;
}
