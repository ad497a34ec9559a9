"""The asynchronous client, for asyncio and Trio."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from types import TracebackType
from typing import Self, TypeVar
from uuid import uuid4

import anyio
import httpx

from frond_client.calls import ApiCalls, ClassifyParams, DetectParams
from frond_client.detection_response import Detections
from frond_client.endpoint import find_endpoint
from frond_client.models import Classification, ClassificationPage, ModelInfo, Species, Usage
from frond_client.photo_file import PhotoSource, read_photos
from frond_client.retries import Call

T = TypeVar("T")


class AsyncFrond:
    """An asynchronous client of a Frond service.

    Parameters and exceptions are those of `frond_client.Frond`.

    Examples
    --------
    >>> async with AsyncFrond(url, key) as frond:
    ...     classification = await frond.classify("maize.jpg")
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
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=not endpoint.is_local)

    @classmethod
    def from_environment(cls) -> Self:
        """Return a client for FROND_URL and FROND_KEY, else for the local stack."""
        return cls()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def classify(
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
        """Identify the plant in a photo, as `Frond.classify` does."""
        params = ClassifyParams(top, lang, explain, record, tag)
        read = await anyio.to_thread.run_sync(
            partial(read_photos, photos, original=original, send_place=send_place)
        )
        return await self._run(self._calls.classify(read, params, idempotency_key or str(uuid4())))

    async def detect(
        self,
        photos: PhotoSource | Sequence[PhotoSource],
        *,
        classify: bool | None = None,
        min_confidence: float | None = None,
        top: int | None = None,
        lang: str | None = None,
    ) -> Detections:
        """Find the plants in photos, as `Frond.detect` does."""
        params = DetectParams(classify, min_confidence, top, lang)
        read = await anyio.to_thread.run_sync(partial(read_photos, photos, original=True))
        return await self._run(self._calls.detect(read, params))

    async def get(self, identifier: str, *, lang: str | None = None) -> Classification:
        """Return a classification, as `Frond.get` does."""
        return await self._run(self._calls.get(identifier, lang))

    async def list(
        self,
        *,
        limit: int = 20,
        cursor: str | None = None,
        key: str | None = None,
        lang: str | None = None,
        tag: str | None = None,
    ) -> ClassificationPage:
        """Return a page of classifications, as `Frond.list` does."""
        return await self._run(self._calls.page(limit, cursor, key, lang, tag))

    async def iterate(
        self, *, key: str | None = None, lang: str | None = None, tag: str | None = None
    ) -> AsyncIterator[Classification]:
        """Yield all classifications, as `Frond.iterate` does."""
        cursor: str | None = None
        while True:
            page = await self._run(self._calls.page(cursor=cursor, key=key, lang=lang, tag=tag))
            for each in page.classifications:
                yield each
            cursor = page.next_cursor
            if not cursor:
                return

    async def submit_feedback(
        self, identifier: str, species: str | None, *, comment: str | None = None, consent: bool = False
    ) -> Classification:
        """Submit a correction, as `Frond.submit_feedback` does."""
        return await self._run(self._calls.submit_feedback(identifier, species, comment, consent=consent))

    async def delete(self, identifier: str) -> None:
        """Delete a classification, as `Frond.delete` does."""
        await self._run(self._calls.delete(identifier))

    async def species(self, *, lang: str | None = None) -> tuple[Species, ...]:
        """Return the species that the active model can identify, as `Frond.species` does."""
        return await self._run(self._calls.species(lang))

    async def model(self) -> ModelInfo:
        """Return the active model, as `Frond.model` does."""
        return await self._run(self._calls.model())

    async def usage(self) -> Usage:
        """Return what is left of the key's quota, as `Frond.usage` does."""
        return await self._run(self._calls.usage())

    async def _run(self, call: Call[T]) -> T:
        try:
            request = next(call)
            while True:
                await anyio.sleep(request.delay)
                try:
                    response = await self._http.request(request.method, request.url, **request.options)
                except httpx.RequestError as error:
                    request = call.throw(error)
                else:
                    request = call.send(response)
        except StopIteration as end:
            result: T = end.value
            return result
