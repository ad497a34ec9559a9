"""Everything that can go wrong with a request, in one tree.

Each problem carries the HTTP status it maps to, a stable type and a sentence a person can act on, and
is written as `application/problem+json` (RFC 9457) in one place: :meth:`Problem.document`.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """A fault with a name, a status and advice.

    Parameters
    ----------
    detail
        One sentence, for the person who sent the request: what is wrong and what to do.
    **extensions
        Further members of the problem document, such as ``limit_bytes``.
    """

    slug: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something broke on our side"
    detail: str = "Please try again; if it happens again, tell us the request id."

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
            What the caller quotes when asking for help.
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
    """A query, header or form that does not have the shape the contract gives it."""

    slug, status, title = "invalid-request", 400, "The request is not as the contract says"
    detail = "Check the request against /openapi.json."

    @classmethod
    def about(cls, faults: Iterable[Mapping[str, Any]]) -> Self:
        """Return the problem of a request that pydantic found these faults in."""
        told = [f"{'.'.join(map(str, fault['loc'])) or 'body'}: {fault['msg']}" for fault in faults]
        return cls(f"{'; '.join(told)}.")


class EmptyBody(InvalidRequest):
    """A request that should carry a photo and carries nothing."""

    slug, title = "empty-body", "There is no photo in the request"
    detail = "Send the photo's bytes as the request body, or as a multipart part named 'image'."


class TooManyPhotos(InvalidRequest):
    """More photos than the request may carry."""

    slug, title = "too-many-photos", "There are more than five photos in the request"
    detail = "Send up to five photos of one plant, and each other plant in a request of its own."


class MissingKey(Problem):
    """A request without a key, or with one that nobody was given; API Gateway says so."""

    slug, status, title = "missing-key", 403, "The API key is missing or not known"
    detail = "Send your key in the x-api-key header."


class UnknownPath(Problem):
    """No resource lives at this path."""

    slug, status, title = "unknown-path", 404, "Nothing lives at this path"
    detail = "See /docs for what does."


class UnknownClassification(Problem):
    """An id that no classification has."""

    slug, status, title = "unknown-classification", 404, "There is no such classification"
    detail = "It was never made, was deleted, or is older than classifications are kept."


class NoSpeciesPhoto(Problem):
    """A species that the model does not know, or one that it came without a picture of."""

    slug, status, title = "no-picture", 404, "There is no picture of that species"
    detail = "GET /v1/species lists what the model knows; not every model comes with pictures."


class NotAcceptable(Problem):
    """A client that API Gateway would send base64 instead of bytes."""

    slug, status, title = "not-acceptable", 406, "The client does not ask for a picture"
    detail = "Name image/jpeg first in the Accept header; otherwise API Gateway spoils the picture."


class MethodNotAllowed(Problem):
    """The resource exists but does not take this method."""

    slug, status, title = "method-not-allowed", 405, "This path does not take that method"
    detail = "The Allow header names the methods that it takes."


class PayloadTooLarge(Problem):
    """More bytes than this door takes."""

    slug, status, title = "payload-too-large", 413, "The photo has too many bytes"
    detail = "Send a smaller file, or use the S3 door for large photos: POST /v1/uploads."


class UnsupportedMediaType(Problem):
    """A content type that is not one of the picture formats Frond reads."""

    slug, status, title = "unsupported-media-type", 415, "That content type is not taken here"
    detail = (
        "Send image/jpeg, image/png, image/webp, image/heic, image/avif or image/gif, "
        "or multipart/form-data with a part named 'image'."
    )


class IdempotencyKeyReused(Problem):
    """A key that came with another request before."""

    slug, status, title = "idempotency-key-reused", 422, "That Idempotency-Key was used for another request"
    detail = "Send a new key with each new request, and the old one only with the same photos and query."


class Throttled(Problem):
    """More requests at once than the usage plan allows; API Gateway says so."""

    slug, status, title = "throttled", 429, "Too many requests at once"
    detail = "Wait a second and send it again."


class QuotaExceeded(Problem):
    """More requests a day than the usage plan allows; API Gateway says so."""

    slug, status, title = "quota-exceeded", 429, "The key has used up its day"
    detail = "This key's requests for today are spent; it works again tomorrow (UTC)."


class BadGateway(Problem):
    """A function that broke off; API Gateway says so."""

    slug, status, title = "bad-gateway", 502, "The service broke off"


class TooSlow(Problem):
    """A function that took longer than API Gateway waits; API Gateway says so."""

    slug, status, title = "timeout", 504, "The answer took too long"
    detail = "Send it again; if it happens again, send a smaller photo."


class InvalidPhoto(Problem):
    """Bytes that cannot become a picture; what they share is that sending them again will not help."""

    slug, status, title = "invalid-photo", 422, "That is not a photo we can use"


class UnsupportedFormat(InvalidPhoto):
    """Bytes that are not a picture, or a picture in a format that is not on the list."""

    slug, title = "unsupported-format", "The file is not a picture in a format we read"
    detail = "Send a JPEG, PNG, WebP, HEIC, AVIF or GIF file."


class UnreadablePhoto(InvalidPhoto):
    """A picture whose bytes end early or are damaged."""

    slug, title = "unreadable-photo", "The picture is damaged"
    detail = "The file is cut short or corrupt; send it again from the original."


class TooManyPixels(InvalidPhoto):
    """A picture that would take more memory than it is worth."""

    slug, title = "too-many-pixels", "The picture has too many pixels"
    detail = "Make the picture smaller; a few million pixels are plenty."


class VanishedPhoto(InvalidPhoto):
    """An upload whose object was deleted before it was read."""

    slug, title = "vanished-photo", "The photo is gone"
    detail = "It was deleted before it was looked at; upload it again."


class UploadMismatch(InvalidPhoto):
    """An upload that is not what was announced."""

    slug, title = "broken-promise", "The photo is not the one that was announced"
    detail = "Upload a file of the content type and size that POST /v1/uploads was told."


class AttemptFailed(Problem):
    """Why a photo waits: something failed for now, and is tried again."""

    slug, status, title = "attempt-failed", 503, "The last attempt failed"
    detail = "It is tried again by itself."


class InvalidModel(Problem):
    """A model that is not what its manifest says. Never shown to a caller: the function refuses to start."""

    slug, title = "invalid-model", "The model cannot be used"
    detail = "The model's files do not match its manifest."
