// The client's errors, in one tree below FrondError; their names are those of the Python client.
export class FrondError extends Error {
  constructor(message, options) {
    super(message, options);
    this.name = new.target.name;
  }
}

export class ConnectionFailedError extends FrondError {}

export class UnexpectedResponseError extends FrondError {}

export class UploadFailedError extends FrondError {}

// `id` is that of the classification that is still in progress, if there is one: get it later.
export class ResponseTimeoutError extends FrondError {
  constructor(message, id = null, options) {
    super(message, options);
    this.id = id;
  }
}

// `problem` is the problem document (RFC 9457); `retryAfter` the seconds of the header, or null.
export class ApiError extends FrondError {
  constructor(problem, retryAfter = null) {
    super(`The API answered ${problem.status}: ${problem.detail ?? problem.title}`);
    Object.assign(this, { problem, retryAfter });
  }
}

export class InvalidRequestError extends ApiError {}

export class IdempotencyKeyReusedError extends InvalidRequestError {}

export class AuthenticationError extends ApiError {}

export class NotFoundError extends ApiError {}

export class InvalidPhotoError extends ApiError {}

export class PhotoTooLargeError extends InvalidPhotoError {}

export class RateLimitError extends ApiError {}

export class QuotaExceededError extends RateLimitError {}

export class ServiceUnavailableError extends ApiError {}

const BY_SLUG = {
  "empty-body": InvalidPhotoError,
  "idempotency-key-reused": IdempotencyKeyReusedError,
  "quota-exceeded": QuotaExceededError,
};
const BY_STATUS = {
  401: AuthenticationError,
  403: AuthenticationError,
  404: NotFoundError,
  413: PhotoTooLargeError,
  415: InvalidPhotoError,
  422: InvalidPhotoError,
  429: RateLimitError,
};

export const slugOf = ({ type }) => /^urn:frond:problem:(.+)$/.exec(type)?.[1] ?? "";

export function errorFromProblem(problem, retryAfter = null) {
  const byStatus = BY_STATUS[problem.status] ?? (problem.status >= 500 ? ServiceUnavailableError : InvalidRequestError);
  return new (BY_SLUG[slugOf(problem)] ?? byStatus)(problem, retryAfter);
}
