"""A blocking adapter of `AsyncFrond`, so that the same tests run against both clients."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from frond_client import AsyncFrond, Frond

Connect = Callable[..., AbstractContextManager[Frond]]


class BlockingAdapter:
    """An `AsyncFrond` with blocking methods."""

    def __init__(self, frond: AsyncFrond, portal: BlockingPortal) -> None:
        self._frond = frond
        self._portal = portal

    def iterate(self, **options: Any) -> Iterator[Any]:
        async def collect() -> list[Any]:
            return [each async for each in self._frond.iterate(**options)]

        return iter(self._portal.call(collect))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            return self._portal.call(partial(getattr(self._frond, name), *arguments, **options))

        return call


@contextmanager
def connect_blocking(*arguments: Any, **options: Any) -> Iterator[Any]:
    with start_blocking_portal() as portal:
        frond = AsyncFrond(*arguments, **options)
        with portal.wrap_async_context_manager(frond):
            yield BlockingAdapter(frond, portal)
