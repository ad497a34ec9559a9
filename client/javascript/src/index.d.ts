import type {
  ClassificationListResponse,
  ClassificationResponse,
  DetectionResponse,
  ModelResponse,
  Problem,
  SpeciesEntry,
  UsageResponse,
} from "./contract.js";

export type * from "./contract.js";

/** A photo: a `Blob` such as a `File`, or its bytes. */
export type Photo = Blob | ArrayBuffer | ArrayBufferView;

export type Language = "en" | "es" | "fr";

export interface ClientOptions {
  /** How often a request is sent at most; 5 by default. */
  maxAttempts?: number;
  /** Milliseconds for all attempts of a request, and for the classification of an upload; 120,000 by default. */
  maxWait?: number;
  /** Milliseconds for a response; 30,000 by default, and more for photos. */
  timeout?: number;
  fetch?: typeof globalThis.fetch;
}

export interface CallOptions {
  /** Stops the call, which then throws the signal's reason. */
  signal?: AbortSignal;
}

export interface LanguageOptions extends CallOptions {
  /** The language of names and advice; `en` by default. */
  lang?: Language;
}

export interface PhotoOptions extends LanguageOptions {
  /** Number of predictions, 1 to 12; 5 by default. */
  top?: number;
  /** Whether to send the place where a photo was taken; it is blanked otherwise. */
  sendPlace?: boolean;
}

/** `loaded` and `total` are bytes, while the photo is uploaded. Without `XMLHttpRequest`, as in Node, only the start is reported. */
export type Progress =
  | { stage: "uploading"; loaded: number; total: number }
  | { stage: "queued" | "running" };

export interface UploadOptions extends PhotoOptions {
  /** Whether the service stores the classification; it does by default. */
  record?: boolean;
  /** Your word for it, stored with the record. No personal data. */
  tag?: string;
  /** Called while a photo goes through S3. */
  onProgress?: (progress: Progress) => void;
}

export interface ClassifyOptions extends UploadOptions {
  /** Whether to return an activation map (`evidence`). There is none for a photo that goes through S3. */
  explain?: boolean;
  /** A request with the same key and photos returns the same classification; random by default. */
  idempotencyKey?: string;
}

export interface DetectOptions extends PhotoOptions {
  /** Whether to classify each plant, too. */
  classify?: boolean;
  /** The least confidence of a plant, 0 to 1; by default the detector's. */
  minConfidence?: number;
}

export interface ListOptions extends LanguageOptions {
  limit?: number;
  cursor?: string;
  /** Of an S3 upload. */
  key?: string;
  tag?: string;
}

export interface FeedbackOptions extends CallOptions {
  comment?: string | null;
  /** Whether the photo may be used to improve the model. */
  consent?: boolean;
}

/**
 * A client of a Frond service. It retries transient failures (429, 5xx, no connection) after `Retry-After`, else after
 * 0.5 s, 1 s, 2 s … with jitter. All methods throw a `FrondError`.
 */
export class Frond {
  /**
   * @param url URL of the API, with its stage.
   * @param key API key.
   */
  constructor(url: string | URL, key: string, options?: ClientOptions);

  /** Identify the plant in up to five photos. A single photo over 4.4 MB goes through S3. */
  classify(photos: Photo | Photo[], options?: ClassifyOptions): Promise<ClassificationResponse>;

  /** Upload a photo of up to 50 MB to S3, and poll until it is classified. */
  upload(photo: Photo, options?: UploadOptions): Promise<ClassificationResponse>;

  /** Find the plants in photos. */
  detect(photos: Photo | Photo[], options?: DetectOptions): Promise<DetectionResponse>;

  /** Return a classification in any status. */
  get(id: string, options?: LanguageOptions): Promise<ClassificationResponse>;

  /** Return a page of classifications, the newest first. */
  list(options?: ListOptions): Promise<ClassificationListResponse>;

  /** Yield all classifications, the newest first. */
  iterate(options?: ListOptions): AsyncGenerator<ClassificationResponse, void, undefined>;

  /** Submit a correction: the slug of the right species; null for no plant. */
  submitFeedback(id: string, species: string | null, options?: FeedbackOptions): Promise<ClassificationResponse>;

  /** Delete a classification with its pictures. */
  delete(id: string, options?: CallOptions): Promise<void>;

  /** Return the species of the active model. */
  species(options?: LanguageOptions): Promise<SpeciesEntry[]>;

  /** Return the active model. */
  model(options?: CallOptions): Promise<ModelResponse>;

  /** Return the limits of the key, and its requests of today. */
  usage(options?: CallOptions): Promise<UsageResponse>;
}

/** An error that the user can fix. */
export class FrondError extends Error {}

/** No connection to the service's address. */
export class ConnectionFailedError extends FrondError {}

/** A response that is not Frond's: the address belongs to another service or a proxy. */
export class UnexpectedResponseError extends FrondError {}

/** S3 rejected the upload. */
export class UploadFailedError extends FrondError {}

/** No response in time. */
export class ResponseTimeoutError extends FrondError {
  /** Of the classification that is still in progress, if there is one: `get` it later. */
  readonly id: string | null;
}

/** An error response of the API. */
export class ApiError extends FrondError {
  /** The problem document (RFC 9457). */
  readonly problem: Problem;
  /** Seconds to wait before the next request; null without the header. */
  readonly retryAfter: number | null;
}

/** A request that violates the API's contract (400, 405). */
export class InvalidRequestError extends ApiError {}

/** An idempotency key that was used for other photos or options (422). */
export class IdempotencyKeyReusedError extends InvalidRequestError {}

/** A missing, unknown or disabled API key (401, 403). */
export class AuthenticationError extends ApiError {}

/** An unknown or deleted classification; no detector (404). */
export class NotFoundError extends ApiError {}

/** A photo that cannot be classified (415, 422). Do not send it again. */
export class InvalidPhotoError extends ApiError {}

/** A photo over the service's size limit (413), or several over the limit of one request. */
export class PhotoTooLargeError extends InvalidPhotoError {}

/** Too many requests (429), and all retries failed. */
export class RateLimitError extends ApiError {}

/** The API key's daily quota is used up (429). */
export class QuotaExceededError extends RateLimitError {}

/** The service, or a gateway before it, is unavailable (5xx), and all retries failed. */
export class ServiceUnavailableError extends ApiError {}

/** Time and place of a photo, and the spans of bytes with the place. */
export interface ExifTags {
  /** By the camera's clock, without a time zone: `2026-05-01T10:20:30`. */
  takenAt?: string;
  latitude?: number;
  longitude?: number;
  spans: [number, number][];
}

/** Read time and place from a photo. */
export function readExif(photo: Blob): Promise<ExifTags>;

/** Return a photo with zeros instead of its place. */
export function withoutPlace(photo: Blob, spans: [number, number][]): Blob;
