"""Requests to the local DynamoDB, which come one after the other."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest
from moto.dynamodb.responses import DynamoHandler

from local.items import atomic_items

REQUESTS = 4


def test_requests_do_not_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way, most = 0, 0
    count = threading.Lock()

    def answer(_: DynamoHandler) -> str:
        nonlocal under_way, most
        with count:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.05)
        with count:
            under_way -= 1
        return "done"

    def ask(together: threading.Barrier) -> Any:
        together.wait()
        return DynamoHandler.call_action(DynamoHandler.__new__(DynamoHandler))

    monkeypatch.setattr(DynamoHandler, "call_action", answer)
    overlaps = []
    for context in (nullcontext(), atomic_items()):
        most = 0
        together = threading.Barrier(REQUESTS)
        with context, ThreadPoolExecutor(REQUESTS) as pool:
            assert list(pool.map(ask, [together] * REQUESTS)) == ["done"] * REQUESTS
        overlaps.append(most)

    assert overlaps[0] > 1
    assert overlaps[1] == 1


def test_afterwards_moto_is_as_it_was() -> None:
    before = DynamoHandler.call_action

    with atomic_items():
        assert DynamoHandler.call_action is not before

    assert DynamoHandler.call_action is before
