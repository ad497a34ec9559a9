"""Find the part of moto that a request is for without reading moto's folders."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from moto import backends


@contextmanager
def quick_dispatch() -> Iterator[None]:
    """List moto's parts once while the context is open: moto reads its folders anew for each request."""
    names = frozenset(backends.list_of_moto_modules())
    with patch.object(backends, "list_of_moto_modules", lambda: names):
        yield
