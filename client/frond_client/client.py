"""The client that waits for its answers."""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar
from uuid import uuid4

import httpx

from frond_client.address import find_address
from frond_client.calls import Calls, Options
from frond_client.models import Classification, Model, Page, Species
from frond_client.photo import PhotoSource, read_photos
from frond_client.retries import Call

T = TypeVar("T")


class Frond:
    """A Frond service; several threads may use it at once.

    A request that cannot be answered only now (429, 5xx, no connection) is sent again, after as long as the
    service asks for.

    Parameters
    ----------
    url, key
        Of the API, with its stage. Without them FROND_URL and FROND_KEY, or else the stack that
        `make serve` runs in this folder or above.
    timeout
        How many seconds a request may go without news.
    attempts
        How often a request is sent at most.
    patience
        For how many seconds a request is tried, and a large photo is waited for.

    Raises
    ------
    FrondError
        If there is no address.

    Examples
    --------
    >>> with Frond(url, key) as frond:
    ...     answer = frond.classify("maize.jpg")
    >>> answer.predictions[0].scientific_name
    'Zea mays'
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = 30,
        attempts: int = 5,
        patience: float = 120,
    ) -> None:
        address = find_address(url, key)
        self._calls = Calls(address, attempts, patience)
        # A proxy that the environment names is for the world outside.
        self._http = httpx.Client(timeout=timeout, trust_env=not address.is_here)

    @classmethod
    def from_environment(cls) -> Self:
        """Return the service of FROND_URL and FROND_KEY, or else the stack that runs here.

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
        """Close its connections."""
        self._http.close()

    def classify(
        self,
        photos: PhotoSource | Sequence[PhotoSource],
        *,
        top: int | None = None,
        lang: str | None = None,
        explain: bool | None = None,
        record: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Classification:
        """Name the plant in a photo.

        A photo over 4.4 MB goes through the bucket, and this waits until it is classified there.

        Parameters
        ----------
        photos
            A path, bytes or a file that is open in binary mode; or a list of up to five of them, all of one
            plant and of 4.4 MB together.
        top
            How many species to return, 1 to 12; 5 by default.
        lang
            Of names and advice: `en`, `es` or `fr`.
        explain
            Whether to tell where in the photo the first species was seen (`evidence`); not for a photo that
            goes through the bucket.
        record
            Whether the answer is kept, to be asked for later; it is by default.
        idempotency_key
            The same key and photos again get the same answer. It is made by itself, so that no retry
            classifies twice; give one to try again later. A photo that goes through the bucket has none.

        Raises
        ------
        RefusedPhoto
            If it is no picture, is damaged or is too large.
        FrondError
            If the service does not answer, or says no; see `frond_client.errors`.
        OSError, TypeError, ValueError
            If the photos cannot be read, are none, or are too many.
        """
        options = Options(top, lang, explain, record)
        return self._run(self._calls.classify(read_photos(photos), options, idempotency_key or str(uuid4())))

    def get(self, identifier: str, *, lang: str | None = None) -> Classification:
        """Return a classification, finished or not.

        Raises
        ------
        NotFound
            If there is none, or no more.
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.get(identifier, lang))

    def list(
        self, *, limit: int = 20, cursor: str | None = None, key: str | None = None, lang: str | None = None
    ) -> Page:
        """Return a page of classifications, the newest first.

        Parameters
        ----------
        limit
            At most so many, 1 to 100.
        cursor
            `next_cursor` of the page before.
        key
            Of an object in the uploads bucket: only its classification.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.page(limit, cursor, key, lang))

    def iterate(self, *, key: str | None = None, lang: str | None = None) -> Iterator[Classification]:
        """Yield all classifications, the newest first.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        cursor: str | None = None
        while True:
            page = self._run(self._calls.page(cursor=cursor, key=key, lang=lang))
            yield from page.classifications
            cursor = page.next_cursor
            if not cursor:
                return

    def correct(
        self, identifier: str, species: str | None, *, comment: str | None = None, consent: bool = False
    ) -> Classification:
        """Say what the plant is, and return the classification with that.

        Parameters
        ----------
        species
            The slug of the right species, one that Frond knows or another; ``None`` for no plant.
        comment
            At most 1,000 characters.
        consent
            Whether the photo may be used to improve the model.

        Raises
        ------
        NotFound
            If there is no such classification.
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.correct(identifier, species, comment, consent=consent))

    def delete(self, identifier: str) -> None:
        """Delete a classification with its photo and all that was made of it.

        Raises
        ------
        NotFound
            If there is no such classification.
        FrondError
            As `classify` does.
        """
        self._run(self._calls.delete(identifier))

    def species(self, *, lang: str | None = None) -> tuple[Species, ...]:
        """Return the species that the running model knows.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.species(lang))

    def model(self) -> Model:
        """Return the model that is running.

        Raises
        ------
        FrondError
            As `classify` does.
        """
        return self._run(self._calls.model())

    def _run(self, call: Call[T]) -> T:
        try:
            request = next(call)
            while True:
                time.sleep(request.after)
                try:
                    reply = self._http.request(request.method, request.url, **request.content)
                except httpx.RequestError as error:
                    request = call.throw(error)
                else:
                    request = call.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
