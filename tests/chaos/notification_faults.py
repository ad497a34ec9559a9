"""Duplicated, delayed and so reordered notifications of S3: it promises at least one, in no order."""

import json
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.s3 import notifications
from moto.sqs.models import sqs_backends

DUPLICATED, DELAYED = 0.1, 0.15
MAX_DELAY_S = 6

_lock = threading.Lock()


@contextmanager
def unreliable_notifications(is_on: Callable[[], bool], dice: random.Random) -> Iterator[None]:
    """Deliver some notifications twice and some late while ``is_on`` returns true."""

    def send(account_id: str, event_body: Any, queue_name: str, region_name: str) -> None:
        with _lock:
            delays = delays_of_copies(dice) if is_on() else [0]
        for delay in delays:
            sqs_backends[account_id][region_name].send_message(
                queue_name=queue_name, message_body=json.dumps(event_body), delay_seconds=delay
            )

    with patch.object(notifications, "_send_sqs_message", send):
        yield


def delays_of_copies(dice: random.Random) -> list[int]:
    """Return the delay of each copy of a notification, in seconds."""
    number = dice.random()
    if number < DUPLICATED:
        return [dice.choice([0, 1, MAX_DELAY_S]), dice.randint(0, MAX_DELAY_S)]
    if number < DUPLICATED + DELAYED:
        return [dice.randint(1, MAX_DELAY_S)]
    return [0]
