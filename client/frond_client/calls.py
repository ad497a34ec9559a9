"""The calls of the HTTP API, without I/O.

Each call is a generator as in `frond_client.retries`, so `Frond` and `AsyncFrond` share all of it.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from frond_client.detection_response import Detections
from frond_client.endpoint import ApiEndpoint
from frond_client.errors import (
    PhotoTooLargeError,
    ResponseTimeoutError,
    UploadFailedError,
    error_from_problem,
)
from frond_client.http_messages import Request, parse_response, raise_for_status
from frond_client.models import (
    Classification,
    ClassificationPage,
    ModelInfo,
    ProblemDetails,
    Species,
    SpeciesList,
    UploadTarget,
    Usage,
)
from frond_client.photo_file import PhotoFile
from frond_client.retries import Call, send_with_retries

# Lambda takes requests of 6 MB in base64, which is about this many bytes of photos.
MAX_REQUEST_BYTES = 4_400_000
_MAX_PAGE_SIZE = 100
_FIRST_POLL_S = 0.5
_LONGEST_POLL_S = 5.0


@dataclass(frozen=True)
class ClassifyParams:
    """Query parameters of a classification; ``None`` for the service's default."""

    top: int | None = None
    lang: str | None = None
    explain: bool | None = None
    record: bool | None = None
    tag: str | None = None

    @property
    def query(self) -> dict[str, Any]:
        """The parameters that are set."""
        return _without_none(
            top=self.top, lang=self.lang, explain=self.explain, record=self.record, tag=self.tag
        )


@dataclass(frozen=True)
class DetectParams:
    """Query parameters of a detection; ``None`` for the service's default."""

    classify: bool | None = None
    min_confidence: float | None = None
    top: int | None = None
    lang: str | None = None

    @property
    def query(self) -> dict[str, Any]:
        """The parameters that are set."""
        return _without_none(
            classify=self.classify, min_confidence=self.min_confidence, top=self.top, lang=self.lang
        )


@dataclass(frozen=True)
class ApiCalls:
    """The calls of one API.

    Attributes
    ----------
    max_attempts
        How often a request is sent at most.
    max_wait
        Seconds for all attempts of a request, and for the classification of an uploaded photo.
    """

    endpoint: ApiEndpoint
    max_attempts: int
    max_wait: float

    def classify(
        self, photos: Sequence[PhotoFile], params: ClassifyParams, idempotency_key: str
    ) -> Call[Classification]:
        """Classify the photos of one plant; upload a single photo to S3 if it is too large for a request."""
        size = sum(len(photo.data) for photo in photos)
        is_single = len(photos) == 1
        if size <= MAX_REQUEST_BYTES:
            try:
                return (yield from self._classify_in_request(photos, params, idempotency_key))
            except PhotoTooLargeError:
                if not is_single:
                    raise
        elif not is_single:
            raise _too_large_together(size)
        return (yield from self._classify_by_upload(photos[0], params))

    def detect(self, photos: Sequence[PhotoFile], params: DetectParams) -> Call[Detections]:
        """Find the plants in photos. The service stores nothing, so a request can be sent again."""
        size = sum(len(photo.data) for photo in photos)
        if size > MAX_REQUEST_BYTES:
            raise _too_large_together(size)
        request = self._request("POST", "/v1/detections", params=params.query, files=_parts(photos))
        return parse_response((yield from self._send(request)), Detections)

    def get(self, identifier: str, lang: str | None = None) -> Call[Classification]:
        """Return a classification."""
        request = self._request("GET", _path(identifier), params=_without_none(lang=lang))
        return parse_response((yield from self._send(request)), Classification)

    def page(
        self,
        limit: int = _MAX_PAGE_SIZE,
        cursor: str | None = None,
        key: str | None = None,
        lang: str | None = None,
        tag: str | None = None,
    ) -> Call[ClassificationPage]:
        """Return a page of classifications, the newest first."""
        query = _without_none(limit=limit, cursor=cursor, key=key, lang=lang, tag=tag)
        request = self._request("GET", "/v1/classifications", params=query)
        return parse_response((yield from self._send(request)), ClassificationPage)

    def submit_feedback(
        self, identifier: str, species: str | None, comment: str | None, *, consent: bool
    ) -> Call[Classification]:
        """Submit a correction."""
        feedback = {"species": species, "comment": comment, "consent": consent}
        request = self._request("PUT", f"{_path(identifier)}/feedback", json=feedback)
        return parse_response((yield from self._send(request)), Classification)

    def delete(self, identifier: str) -> Call[None]:
        """Delete a classification."""
        raise_for_status((yield from self._send(self._request("DELETE", _path(identifier)))))

    def species(self, lang: str | None = None) -> Call[tuple[Species, ...]]:
        """Return the species of the active model."""
        request = self._request("GET", "/v1/species", params=_without_none(lang=lang))
        return parse_response((yield from self._send(request)), SpeciesList).species

    def model(self) -> Call[ModelInfo]:
        """Return the active model."""
        return parse_response((yield from self._send(self._request("GET", "/v1/model"))), ModelInfo)

    def usage(self) -> Call[Usage]:
        """Return the usage of the key."""
        return parse_response((yield from self._send(self._request("GET", "/v1/usage"))), Usage)

    def _classify_in_request(
        self, photos: Sequence[PhotoFile], params: ClassifyParams, idempotency_key: str
    ) -> Call[Classification]:
        request = self._request(
            "POST",
            "/v1/classifications",
            headers={"Idempotency-Key": idempotency_key},
            params=params.query,
            files=_parts(photos),
        )
        return parse_response((yield from self._send(request)), Classification)

    def _classify_by_upload(self, photo: PhotoFile, params: ClassifyParams) -> Call[Classification]:
        identifier = yield from self._upload(photo, params.tag)
        classification = yield from self._wait_until_final(identifier, params.lang)
        if params.record is False:
            yield from self.delete(identifier)
        if classification.status == "failed":
            problem = classification.error or ProblemDetails(status=HTTPStatus.UNPROCESSABLE_ENTITY)
            raise error_from_problem(problem)
        return classification.model_copy(update={"predictions": classification.predictions[: params.top]})

    def _upload(self, photo: PhotoFile, tag: str | None) -> Call[str]:
        """Upload a photo to S3; return the id of the future classification."""
        declared = _without_none(content_type=photo.content_type, size=len(photo.data), tag=tag)
        response = yield from self._send(self._request("POST", "/v1/uploads", json=declared))
        target = parse_response(response, UploadTarget)
        # S3 redirects requests for a new bucket to its region. S3 does not get the API key.
        upload = Request(
            "POST",
            target.url,
            options={
                "data": target.fields,
                "files": {"file": ("photo", photo.data, photo.content_type)},
                "follow_redirects": True,
            },
        )
        _raise_for_s3_status((yield from self._send(upload)))
        return target.id

    def _wait_until_final(self, identifier: str, lang: str | None) -> Call[Classification]:
        """Poll a classification at growing intervals until it has succeeded or failed."""
        deadline = time.monotonic() + self.max_wait
        delay = _FIRST_POLL_S
        while True:
            request = self._request("GET", _path(identifier), delay=delay, params=_without_none(lang=lang))
            classification = parse_response((yield from self._send(request)), Classification)
            if classification.status in {"succeeded", "failed"}:
                return classification
            if time.monotonic() + delay > deadline:
                raise _not_final(classification, self.max_wait)
            delay = min(delay * 1.5, _LONGEST_POLL_S)

    def _send(self, request: Request) -> Call[httpx.Response]:
        return send_with_retries(request, self.max_attempts, time.monotonic() + self.max_wait)

    def _request(
        self,
        method: str,
        path: str,
        *,
        delay: float = 0,
        headers: dict[str, str] | None = None,
        **options: Any,
    ) -> Request:
        all_headers = {"x-api-key": self.endpoint.key, **(headers or {})}
        return Request(method, self.endpoint.url + path, delay, {"headers": all_headers, **options})


def _path(identifier: str) -> str:
    return f"/v1/classifications/{quote(identifier, safe='')}"


def _parts(photos: Sequence[PhotoFile]) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Return the parts of a form; file names are not sent.

    In a form, a content type that the service does not know is no error.
    """
    return [("image", ("photo", photo.data, photo.content_type)) for photo in photos]


def _without_none(**query: Any) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _too_large_together(size: int) -> PhotoTooLargeError:
    return PhotoTooLargeError(
        ProblemDetails(
            type="urn:frond:problem:payload-too-large",
            title="The request has too many bytes",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            detail=f"A request takes {MAX_REQUEST_BYTES:,} bytes, and these have {size:,}. "
            "Make them smaller, or send fewer.",
        )
    )


def _not_final(classification: Classification, max_wait: float) -> ResponseTimeoutError:
    error = classification.error
    reason = f" The last attempt failed: {error.detail or error.title}" if error else ""
    return ResponseTimeoutError(
        f"The photo is still {classification.status} after {max_wait:g} seconds; "
        f"get {classification.id} later.{reason}",
        classification.id,
    )


def _raise_for_s3_status(response: httpx.Response) -> None:
    if not response.is_success:
        message = re.search("<Message>(.*?)</Message>", response.text, re.DOTALL)
        reason = message[1] if message else response.reason_phrase
        raise UploadFailedError(f"S3 rejected the upload: {response.status_code}, {reason}")
