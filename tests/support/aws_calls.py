"""Count calls of AWS operations."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient


@contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """Count the calls of each AWS operation while the context is open."""
    counted: Counter[str] = Counter()
    call = BaseClient._make_api_call  # type: ignore[attr-defined]

    def count(self: BaseClient, operation: str, parameters: Any) -> Any:
        counted[operation] += 1
        return call(self, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", count):
        yield counted
