"""Serialize requests to moto's DynamoDB, whose updates are not atomic as DynamoDB's are."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.dynamodb.responses import DynamoHandler


@contextmanager
def atomic_updates() -> Iterator[None]:
    """Run one DynamoDB request at a time while the context is open.

    Moto's UpdateItem first stores a new item with its key alone, then adds the other attributes; a
    concurrent request could read the item in between.
    """
    call_action, lock = DynamoHandler.call_action, threading.RLock()

    def locked(handler: DynamoHandler) -> Any:
        with lock:
            return call_action(handler)

    with patch.object(DynamoHandler, "call_action", locked):
        yield
