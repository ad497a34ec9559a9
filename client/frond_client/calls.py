"""The calls of the API, without the I/O: what is sent, and what the answers come to.

Each is a generator, as `frond_client.retries` says, so that the client that waits and the one that is awaited
share all of it.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from frond_client.address import Address
from frond_client.errors import PhotoTooLarge, Timeout, UploadFailed, error_of
from frond_client.models import Classification, Model, Page, Species, SpeciesList, UploadForm
from frond_client.photo import Photo
from frond_client.problem import Problem
from frond_client.reply import accept, document
from frond_client.request import Request
from frond_client.retries import Call, answered

# Lambda takes requests of 6 MB in base64, which is about this much of photos.
MOST_BYTES_OF_A_REQUEST = 4_400_000
_MOST_OF_A_PAGE = 100
_FIRST_LOOK_S = 0.5
_LONGEST_LOOK_S = 5.0


@dataclass(frozen=True)
class Options:
    """How photos are to be classified; ``None`` leaves it to the service."""

    top: int | None = None
    lang: str | None = None
    explain: bool | None = None
    record: bool | None = None

    @property
    def query(self) -> dict[str, Any]:
        """Return what the URL says of it."""
        return _known(top=self.top, lang=self.lang, explain=self.explain, record=self.record)


@dataclass(frozen=True)
class Calls:
    """The calls of a service.

    Attributes
    ----------
    attempts
        How often a request is sent at most.
    patience
        For how many seconds a call is tried, and a large photo is waited for.
    """

    address: Address
    attempts: int
    patience: float

    def classify(
        self, photos: Sequence[Photo], options: Options, idempotency_key: str
    ) -> Call[Classification]:
        """Classify the photos of a plant; one that is too large for a request goes through the bucket."""
        size = sum(len(photo.data) for photo in photos)
        is_one = len(photos) == 1
        if size <= MOST_BYTES_OF_A_REQUEST:
            try:
                return (yield from self._classify_at_once(photos, options, idempotency_key))
            except PhotoTooLarge:
                if not is_one:
                    raise
        elif not is_one:
            raise _too_large_together(size)
        return (yield from self._classify_in_a_while(photos[0], options))

    def get(self, identifier: str, lang: str | None = None) -> Call[Classification]:
        """Return a classification."""
        reply = yield from self._answered(self._request("GET", _path(identifier), params=_known(lang=lang)))
        return document(reply, Classification)

    def page(
        self,
        limit: int = _MOST_OF_A_PAGE,
        cursor: str | None = None,
        key: str | None = None,
        lang: str | None = None,
    ) -> Call[Page]:
        """Return classifications, the newest first."""
        query = _known(limit=limit, cursor=cursor, key=key, lang=lang)
        reply = yield from self._answered(self._request("GET", "/v1/classifications", params=query))
        return document(reply, Page)

    def correct(
        self, identifier: str, species: str | None, comment: str | None, *, consent: bool
    ) -> Call[Classification]:
        """Say what the plant is."""
        said = {"species": species, "comment": comment, "consent": consent}
        request = self._request("PUT", f"{_path(identifier)}/feedback", json=said)
        return document((yield from self._answered(request)), Classification)

    def delete(self, identifier: str) -> Call[None]:
        """Delete a classification."""
        accept((yield from self._answered(self._request("DELETE", _path(identifier)))))

    def species(self, lang: str | None = None) -> Call[tuple[Species, ...]]:
        """Return what the model knows."""
        reply = yield from self._answered(self._request("GET", "/v1/species", params=_known(lang=lang)))
        return document(reply, SpeciesList).species

    def model(self) -> Call[Model]:
        """Return the model that is running."""
        return document((yield from self._answered(self._request("GET", "/v1/model"))), Model)

    def _classify_at_once(
        self, photos: Sequence[Photo], options: Options, idempotency_key: str
    ) -> Call[Classification]:
        # Always a form: its parts need no content type that the service knows. Names of files stay here.
        request = self._request(
            "POST",
            "/v1/classifications",
            headers={"Idempotency-Key": idempotency_key},
            params=options.query,
            files=[("image", ("photo", photo.data, photo.content_type)) for photo in photos],
        )
        return document((yield from self._answered(request)), Classification)

    def _classify_in_a_while(self, photo: Photo, options: Options) -> Call[Classification]:
        identifier = yield from self._upload(photo)
        found = yield from self._finished(identifier, options.lang)
        if options.record is False:
            yield from self.delete(identifier)
        if found.status == "failed":
            raise error_of(found.error or Problem(status=HTTPStatus.UNPROCESSABLE_ENTITY))
        return found.model_copy(update={"predictions": found.predictions[: options.top]})

    def _upload(self, photo: Photo) -> Call[str]:
        """Send a photo to the bucket; return the id of the classification to come."""
        announced = {"content_type": photo.content_type, "size": len(photo.data)}
        reply = yield from self._answered(self._request("POST", "/v1/uploads", json=announced))
        form = document(reply, UploadForm)
        # A young bucket sends on to its region. The key of the API is none of its business.
        sent = Request(
            "POST",
            form.url,
            content={
                "data": form.fields,
                "files": {"file": ("photo", photo.data, photo.content_type)},
                "follow_redirects": True,
            },
        )
        _accept_of_bucket((yield from self._answered(sent)))
        return form.id

    def _finished(self, identifier: str, lang: str | None) -> Call[Classification]:
        """Ask for a classification, less and less often, until it is finished."""
        until = time.monotonic() + self.patience
        pause = _FIRST_LOOK_S
        while True:
            request = self._request("GET", _path(identifier), after=pause, params=_known(lang=lang))
            found = document((yield from self._answered(request)), Classification)
            if found.status in {"succeeded", "failed"}:
                return found
            if time.monotonic() + pause > until:
                raise _unfinished(found, self.patience)
            pause = min(pause * 1.5, _LONGEST_LOOK_S)

    def _answered(self, request: Request) -> Call[httpx.Response]:
        return answered(request, self.attempts, time.monotonic() + self.patience)

    def _request(
        self,
        method: str,
        path: str,
        *,
        after: float = 0,
        headers: dict[str, str] | None = None,
        **content: Any,
    ) -> Request:
        named = {"x-api-key": self.address.key, **(headers or {})}
        return Request(method, self.address.url + path, after, {"headers": named, **content})


def _path(identifier: str) -> str:
    return f"/v1/classifications/{quote(identifier, safe='')}"


def _known(**query: Any) -> dict[str, Any]:
    return {name: value for name, value in query.items() if value is not None}


def _too_large_together(size: int) -> PhotoTooLarge:
    return PhotoTooLarge(
        Problem(
            type="urn:frond:problem:payload-too-large",
            title="The photos have too many bytes together",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            detail=f"A request takes {MOST_BYTES_OF_A_REQUEST:,} bytes, and these have {size:,}. "
            "Make them smaller, or send fewer.",
        )
    )


def _unfinished(found: Classification, patience: float) -> Timeout:
    why = f" The last attempt failed: {found.error.detail or found.error.title}" if found.error else ""
    said = f"The photo is still {found.status} after {patience:g} seconds; ask later for {found.id}.{why}"
    return Timeout(said, found.id)


def _accept_of_bucket(reply: httpx.Response) -> None:
    if not reply.is_success:
        said = re.search("<Message>(.*?)</Message>", reply.text, re.DOTALL)
        reason = said[1] if said else reply.reason_phrase
        raise UploadFailed(f"The bucket did not take the photo: {reply.status_code}, {reason}")
