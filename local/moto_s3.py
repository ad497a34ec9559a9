"""Write moto's objects one at a time, and list their versions without copying them."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from moto.s3 import models
from moto.s3.responses import S3Response


@contextmanager
def atomic_writes() -> Iterator[None]:
    """Write and delete one object at a time while the context is open.

    Moto checks the condition of a write (``If-Match``) before it writes: of two at once, both could pass. Of
    1,220 updates of a channel one was lost so.
    """
    lock = threading.RLock()

    def locked(write: Callable[[S3Response], Any]) -> Callable[[S3Response], Any]:
        def write_alone(response: S3Response) -> Any:
            with lock:
                return write(response)

        return write_alone

    with (
        patch.object(S3Response, "put_object", locked(S3Response.put_object)),
        patch.object(S3Response, "delete_object", locked(S3Response.delete_object)),
    ):
        yield


@contextmanager
def quick_listings() -> Iterator[None]:
    """Leave out the copies while the context is open.

    Moto copies every version in the bucket with its bytes, of any prefix, to mark the latest one. The
    deletions among two thousand uploads took three gigabytes.
    """
    uncopied = SimpleNamespace(copy=copy.copy, deepcopy=lambda versions: versions)
    with patch.object(models, "copy", uncopied):
        yield
