"""The blocking client."""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar
from uuid import uuid4

import httpx

from frond_client.calls import ApiCalls, ClassifyParams, DetectParams
from frond_client.detection_response import Detections
from frond_client.endpoint import find_endpoint
from frond_client.models import Classification, ClassificationPage, ModelInfo, Species, Usage
from frond_client.photo_file import PhotoSource, read_photos
from frond_client.retries import Call

T = TypeVar("T")


class Frond:
    """A client of a Frond service. It is thread-safe.

    It retries transient failures (429, 5xx, no connection), and waits for `Retry-After` if there is one.

    Parameters
    ----------
    url, key
        URL of the API, with its stage, and API key. By default FROND_URL and FROND_KEY, else the stack that
        `make serve` runs in this folder or above.
    timeout
        Seconds to connect, and seconds without data before a request times out.
    max_attempts
        How often a request is sent at most.
    max_wait
        Seconds for all attempts of a request, and for the classification of a photo that is uploaded to S3.

    Raises
    ------
    FrondError
        If there is no URL or no key.

    Examples
    --------
    >>> with Frond(url, key) as frond:
    ...     classification = frond.classify("maize.jpg")
    >>> classification.predictions[0].scientific_name
    'Zea mays'
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = 30,
        max_attempts: int = 5,
        max_wait: float = 120,
    ) -> None:
        endpoint = find_endpoint(url, key)
        self._calls = ApiCalls(endpoint, max_attempts, max_wait)
        # The proxies of the environment do not serve this machine.
        self._http = httpx.Client(timeout=timeout, trust_env=not endpoint.is_local)

    @classmethod
    def from_environment(cls) -> Self:
        """Return a client for FROND_URL and FROND_KEY, else for the local stack.

        Raises
        ------
        FrondError
            If there is neither.
        """
        return cls()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def classify(
        self,
        photos: PhotoSource | Sequence[PhotoSource],
        *,
        top: int | None = None,
        lang: str | None = None,
        explain: bool | None = None,
        record: bool | None = None,
        tag: str | None = None,
        original: bool = False,
        send_place: bool = False,
        idempotency_key: str | None = None,
    ) -> Classification:
        """Identify the plant in a photo.

        A single photo over 4.4 MB is uploaded to S3; the call then polls until it is classified.

        Parameters
        ----------
        photos
            A path, bytes, a file open in binary mode, a Pillow image or an array ``uint8[H, W, 3]``; or up to
            five of them in a list, of one plant with 4.4 MB together at most.
        top
            Number of predictions, 1 to 12; 5 by default.
        lang
            Language of names and advice: `en`, `es` or `fr`.
        explain
            Whether to return an activation map of the first photo (`evidence`). There is none for a photo
            that is uploaded to S3.
        record
            Whether the service stores the classification; it does by default.
        tag
            Your word for it, stored with the record: up to 64 letters, digits, spaces and ``._:/-``. No
            personal data.
        original
            Send files as they are. By default a file over 300 kB is sent as a JPEG of at most 1280 pixels a
            side, without metadata, if Pillow is installed (`frond-client[images]`).
        send_place
            Send the place where a photo was taken, too. By default it is blanked, in EXIF and XMP.
        idempotency_key
            A request with the same key and photos returns the same classification. By default each call has a
            random key, so that no retry classifies twice; pass your own to retry in a later call. A photo
            that is uploaded to S3 has no key.

        Raises
        ------
        InvalidPhotoError
            If a photo is no image, is damaged or is too large.
        FrondError
            If there is no response or another error response; see `frond_client.errors`.
        OSError, TypeError, ValueError
            If a photo cannot be read or is none, or there are none or too many.
        """
        params = ClassifyParams(top, lang, explain, record, tag)
        return self._run(
            self._calls.classify(
                read_photos(photos, original=original, send_place=send_place),
                params,
                idempotency_key or str(uuid4()),
            )
        )

    def detect(
        self,
        photos: PhotoSource | Sequence[PhotoSource],
        *,
        classify: bool | None = None,
        min_confidence: float | None = None,
        top: int | None = None,
        lang: str | None = None,
    ) -> Detections:
        """Find the plants in photos.

        Photos are sent as they are, so that small plants keep their pixels and boxes are those of the file.
        Only their place is blanked. Nothing is uploaded to S3 and nothing is stored.

        Parameters
        ----------
        photos
            As in `classify`, but each photo is searched alone.
        classify
            Whether the service classifies each plant, too.
        min_confidence
            The least confidence of a plant, 0 to 1; by default the detector's.
        top
            Number of predictions of a plant, 1 to 12; 5 by default.
        lang
            Language of names and advice: `en`, `es` or `fr`.

        Raises
        ------
        PhotoTooLargeError
            If the photos have more than 4.4 MB together.
        NotFoundError
            If the service has no detector.
        FrondError, OSError, TypeError, ValueError
            As `classify` does.
        """
        params = DetectParams(classify, min_confidence, top, lang)
        return self._run(self._calls.detect(read_photos(photos, original=True), params))

    def get(self, identifier: str, *, lang: str | None = None) -> Classification:
        """Return a classification in any status.

        Raises
        ------
        NotFoundError
            If it does not exist or was deleted.
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.get(identifier, lang))

    def list(
        self,
        *,
        limit: int = 20,
        cursor: str | None = None,
        key: str | None = None,
        lang: str | None = None,
        tag: str | None = None,
    ) -> ClassificationPage:
        """Return a page of classifications, the newest first.

        Parameters
        ----------
        limit
            Page size, 1 to 100.
        cursor
            `next_cursor` of the previous page.
        key
            Key of an object in the uploads bucket; return only its classification.
        tag
            Return only classifications with this tag.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.page(limit, cursor, key, lang, tag))

    def iterate(
        self, *, key: str | None = None, lang: str | None = None, tag: str | None = None
    ) -> Iterator[Classification]:
        """Yield all classifications, the newest first.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        cursor: str | None = None
        while True:
            page = self._run(self._calls.page(cursor=cursor, key=key, lang=lang, tag=tag))
            yield from page.classifications
            cursor = page.next_cursor
            if not cursor:
                return

    def submit_feedback(
        self, identifier: str, species: str | None, *, comment: str | None = None, consent: bool = False
    ) -> Classification:
        """Submit a correction; return the updated classification.

        Parameters
        ----------
        species
            The slug of the right species, which the model need not know; ``None`` for no plant.
        comment
            At most 1,000 characters.
        consent
            Whether the photo may be used to improve the model.

        Raises
        ------
        NotFoundError
            If there is no such classification.
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.submit_feedback(identifier, species, comment, consent=consent))

    def delete(self, identifier: str) -> None:
        """Delete a classification with its photo, pictures and result.

        Raises
        ------
        NotFoundError
            If there is no such classification.
        FrondError
            As `classify` does.
        """
        self._run(self._calls.delete(identifier))

    def species(self, *, lang: str | None = None) -> tuple[Species, ...]:
        """Return the species that the active model can identify.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.species(lang))

    def model(self) -> ModelInfo:
        """Return the active model.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.model())

    def usage(self) -> Usage:
        """Return what is left of the key's quota.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.usage())

    def _run(self, call: Call[T]) -> T:
        try:
            request = next(call)
            while True:
                time.sleep(request.delay)
                try:
                    response = self._http.request(request.method, request.url, **request.options)
                except httpx.RequestError as error:
                    request = call.throw(error)
                else:
                    request = call.send(response)
        except StopIteration as end:
            result: T = end.value
            return result
