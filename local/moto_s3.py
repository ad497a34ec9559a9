"""List the versions of moto's objects without copying the objects."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest.mock import patch

from moto.s3 import models


@contextmanager
def quick_listings() -> Iterator[None]:
    """Leave out the copies while the context is open.

    Moto copies every version in the bucket with its bytes, of any prefix, to mark the latest one. The
    deletions among two thousand uploads took three gigabytes.
    """
    uncopied = SimpleNamespace(copy=copy.copy, deepcopy=lambda versions: versions)
    with patch.object(models, "copy", uncopied):
        yield
