"""The client whose answers are awaited, with asyncio or Trio."""

from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import Self, TypeVar
from uuid import uuid4

import anyio
import httpx

from frond_client.address import find_address
from frond_client.calls import Calls, Options
from frond_client.models import Classification, Model, Page, Species
from frond_client.photo import PhotoSource, read_photos
from frond_client.retries import Call

T = TypeVar("T")


class AsyncFrond:
    """A Frond service, as `frond_client.Frond` is; what differs is that its answers are awaited.

    Parameters and errors are those of `Frond`.

    Examples
    --------
    >>> async with AsyncFrond(url, key) as frond:
    ...     answer = await frond.classify("maize.jpg")
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
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=not address.is_here)

    @classmethod
    def from_environment(cls) -> Self:
        """Return the service of FROND_URL and FROND_KEY, or else the stack that runs here."""
        return cls()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def classify(
        self,
        photos: PhotoSource | Sequence[PhotoSource],
        *,
        top: int | None = None,
        lang: str | None = None,
        explain: bool | None = None,
        record: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Classification:
        """Name the plant in a photo, as `Frond.classify` does."""
        options = Options(top, lang, explain, record)
        read = await anyio.to_thread.run_sync(read_photos, photos)
        return await self._run(self._calls.classify(read, options, idempotency_key or str(uuid4())))

    async def get(self, identifier: str, *, lang: str | None = None) -> Classification:
        """Return a classification, as `Frond.get` does."""
        return await self._run(self._calls.get(identifier, lang))

    async def list(
        self, *, limit: int = 20, cursor: str | None = None, key: str | None = None, lang: str | None = None
    ) -> Page:
        """Return a page of classifications, as `Frond.list` does."""
        return await self._run(self._calls.page(limit, cursor, key, lang))

    async def iterate(
        self, *, key: str | None = None, lang: str | None = None
    ) -> AsyncIterator[Classification]:
        """Yield all classifications, as `Frond.iterate` does."""
        cursor: str | None = None
        while True:
            page = await self._run(self._calls.page(cursor=cursor, key=key, lang=lang))
            for each in page.classifications:
                yield each
            cursor = page.next_cursor
            if not cursor:
                return

    async def correct(
        self, identifier: str, species: str | None, *, comment: str | None = None, consent: bool = False
    ) -> Classification:
        """Say what the plant is, as `Frond.correct` does."""
        return await self._run(self._calls.correct(identifier, species, comment, consent=consent))

    async def delete(self, identifier: str) -> None:
        """Delete a classification, as `Frond.delete` does."""
        await self._run(self._calls.delete(identifier))

    async def species(self, *, lang: str | None = None) -> tuple[Species, ...]:
        """Return the species that the running model knows, as `Frond.species` does."""
        return await self._run(self._calls.species(lang))

    async def model(self) -> Model:
        """Return the model that is running, as `Frond.model` does."""
        return await self._run(self._calls.model())

    async def _run(self, call: Call[T]) -> T:
        try:
            request = next(call)
            while True:
                await anyio.sleep(request.after)
                try:
                    reply = await self._http.request(request.method, request.url, **request.content)
                except httpx.RequestError as error:
                    request = call.throw(error)
                else:
                    request = call.send(reply)
        except StopIteration as end:
            result: T = end.value
            return result
