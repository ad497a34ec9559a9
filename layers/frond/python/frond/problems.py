"""Problems of requests and uploads, as one tree of exceptions.

Each problem has an HTTP status, a stable type and a sentence that a person can act on.
:meth:`Problem.document` returns it as `application/problem+json` (RFC 9457).
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """A problem with a type, a status and advice.

    Parameters
    ----------
    detail
        One sentence, for the person who sent the request: what is wrong and what to do.
    **extensions
        Further members of the problem document, such as ``limit_bytes``.
    """

    slug: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something failed on our side"
    detail: str = "Please try again; if it happens again, send us the request id."

    def __init__(self, detail: str | None = None, **extensions: Any) -> None:
        self.detail = detail or type(self).detail
        self.extensions = extensions
        super().__init__(self.detail)

    @classmethod
    def type_uri(cls) -> str:
        """Return the problem's stable identifier, a URN."""
        return f"urn:frond:problem:{cls.slug}"

    def document(self, request_id: str | None = None) -> dict[str, Any]:
        """Return the RFC 9457 members of this problem.

        Parameters
        ----------
        request_id
            The caller quotes it when reporting the problem.
        """
        document = {
            "type": self.type_uri(),
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            **self.extensions,
        }
        return document if request_id is None else {**document, "request_id": request_id}


class InvalidRequest(Problem):
    """A query, header, form or body that does not match the OpenAPI document."""

    slug, status, title = "invalid-request", 400, "The request is invalid"
    detail = "Check the request against /openapi.json."

    @classmethod
    def about(cls, faults: Iterable[Mapping[str, Any]]) -> Self:
        """Return the problem that describes pydantic's validation errors."""
        described = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in faults]
        return cls(f"{'; '.join(described)}.")


class EmptyBody(InvalidRequest):
    """A request without a photo, or an upload without bytes."""

    slug, title = "empty-body", "There is no photo"
    detail = "Send the photo's bytes as the request body, or as a multipart part named 'image'."


class TooManyPhotos(InvalidRequest):
    """More photos than one request may hold."""

    slug, title = "too-many-photos", "There are more than five photos in the request"
    detail = "Send at most five photos in a request; for a classification, they show one plant."


class MissingKey(Problem):
    """A request without an API key, or with an unknown one; API Gateway sends it."""

    slug, status, title = "missing-key", 403, "The API key is missing or unknown"
    detail = "Send your key in the x-api-key header."


class UnknownPath(Problem):
    """There is no resource at this path."""

    slug, status, title = "unknown-path", 404, "There is no resource at this path"
    detail = "See /docs for the paths."


class UnknownClassification(Problem):
    """There is no classification with this id."""

    slug, status, title = "unknown-classification", 404, "There is no such classification"
    detail = "It never existed, was deleted, or has expired."


class NoSpeciesPhoto(Problem):
    """A species that the model does not know, or has no photo of."""

    slug, status, title = "no-picture", 404, "There is no photo of that species"
    detail = "GET /v1/species lists the species of the model; not every model has photos of them."


class NoModelReport(Problem):
    """A model that was released without a report."""

    slug, status, title = "no-report", 404, "The model has no report"
    detail = "GET /v1/model has its measured quality; `python -m training evaluate` writes a report."


class NotAcceptable(Problem):
    """A client to which API Gateway would send base64 instead of bytes."""

    slug, status, title = "not-acceptable", 406, "The client does not accept an image"
    detail = "Begin the Accept header with image/jpeg; otherwise API Gateway sends base64, not bytes."


class MethodNotAllowed(Problem):
    """The resource exists but does not take this method."""

    slug, status, title = "method-not-allowed", 405, "This path does not support that method"
    detail = "The Allow header lists the supported methods."


class PayloadTooLarge(Problem):
    """A photo with more bytes than are accepted."""

    slug, status, title = "payload-too-large", 413, "The photo has too many bytes"
    detail = "Send a smaller file, or upload large photos to S3: POST /v1/uploads."


class UnsupportedMediaType(Problem):
    """A content type that is not accepted."""

    slug, status, title = "unsupported-media-type", 415, "That content type is not accepted"
    detail = (
        "Send image/jpeg, image/png, image/webp, image/heic, image/avif or image/gif, "
        "or multipart/form-data with a part named 'image'."
    )


class IdempotencyKeyReused(Problem):
    """An idempotency key that was used for another request."""

    slug, status, title = "idempotency-key-reused", 422, "That Idempotency-Key was used for another request"
    detail = "Send a new key with each new request, and the old one only with the same photos and query."


class Throttled(Problem):
    """More requests a second than the usage plan allows; API Gateway sends it."""

    slug, status, title = "throttled", 429, "Too many requests at once"
    detail = "Wait a second and send it again."


class QuotaExceeded(Problem):
    """More requests a day than the usage plan allows; API Gateway sends it."""

    slug, status, title = "quota-exceeded", 429, "The daily quota of the key is used up"
    detail = "The key works again tomorrow (UTC)."


class HeadersTooLarge(Problem):
    """A request whose headers are too large; API Gateway sends it."""

    slug, status, title = "headers-too-large", 431, "The headers of the request are too large"
    detail = "Send fewer or shorter headers, or a shorter query."


class BadGateway(Problem):
    """A function that failed to respond; API Gateway sends it."""

    slug, status, title = "bad-gateway", 502, "The service failed to respond"


class Busy(Problem):
    """A function that runs as often at once as it may; API Gateway sends it."""

    slug, status, title = "busy", 503, "The service is busy"
    detail = "Wait a few seconds and send it again."


class TooSlow(Problem):
    """A function that took longer than API Gateway waits; API Gateway sends it."""

    slug, status, title = "timeout", 504, "The response took too long"
    detail = "Send it again; if it happens again, send a smaller photo."


class InvalidPhoto(Problem):
    """A photo that cannot be classified; sending it again does not help."""

    slug, status, title = "invalid-photo", 422, "The photo cannot be used"


class UnsupportedFormat(InvalidPhoto):
    """Bytes that are not an image, or an image in a format that is not supported."""

    slug, title = "unsupported-format", "The file is not an image in a supported format"
    detail = "Send a JPEG, PNG, WebP, HEIC, AVIF or GIF file."


class UnreadablePhoto(InvalidPhoto):
    """An image whose bytes are truncated or damaged."""

    slug, title = "unreadable-photo", "The image is damaged"
    detail = "The file is truncated or corrupt; send the original again."


class TooManyPixels(InvalidPhoto):
    """An image with more pixels than are decoded."""

    slug, title = "too-many-pixels", "The image has too many pixels"
    detail = "Make the image smaller; a few million pixels are plenty."


class TooComplex(InvalidPhoto):
    """An image that takes too much work to decode, such as one of thousands of empty scans."""

    slug, title = "too-complex", "The image takes too much work to decode"
    detail = "The file has far more parts than a photo needs; open it in an image editor and save it again."


class VanishedPhoto(InvalidPhoto):
    """An upload that was deleted before it was read."""

    slug, title = "vanished-photo", "The photo is gone"
    detail = "It was deleted before it was read; upload it again."


class EncryptedPhoto(InvalidPhoto):
    """An upload that is encrypted with a key that the functions may not use."""

    slug, title = "encrypted-photo", "The photo is encrypted with a key of yours"
    detail = "Upload it again without a KMS key or a customer-provided key (SSE-C); S3 encrypts it anyway."


class UploadMismatch(InvalidPhoto):
    """An upload whose content type or size is not that of its form."""

    slug, title = "broken-promise", "The upload does not match its form"
    detail = "Upload a file of the content type and size that were sent to POST /v1/uploads."


class UnprocessablePhoto(InvalidPhoto):
    """An upload that took too much time or memory at every attempt, even alone."""

    slug, title = "unprocessable-photo", "The photo cannot be processed"
    detail = "Every attempt took too much time or memory; save the photo as a smaller JPEG and upload that."


class AttemptFailed(Problem):
    """A failed attempt to classify an upload, which is tried again."""

    slug, status, title = "attempt-failed", 503, "The last attempt failed"
    detail = "It is tried again automatically."


class InvalidModel(Problem):
    """A model that does not match its manifest. No caller sees it: the function does not start."""

    slug, title = "invalid-model", "The model cannot be used"
    detail = "The model's files do not match its manifest."
