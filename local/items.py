"""One request at a time to moto's DynamoDB: its updates are not atomic, and DynamoDB's are."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.responses import DynamoHandler


@contextmanager
def atomic_items() -> Iterator[None]:
    """Let no request see an item half-written by another, for as long as the context lasts.

    An update of moto's makes a new item with nothing but its key, then fills it.
    """
    answer, lock = DynamoHandler.call_action, threading.RLock()

    def alone(handler: DynamoHandler) -> Any:
        with lock:
            return answer(handler)

    with patch.object(DynamoHandler, "call_action", alone):
        yield
