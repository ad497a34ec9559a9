"""Receive and count the messages of moto's queues quickly."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from moto.sqs import models
from moto.sqs.models import Message, SQSBackend


@contextmanager
def quick_receives() -> Iterator[None]:
    """Check the age of a message by its own data while the context is open, and read the clock directly.

    Moto counts the whole queue nine times for each message that it hands out, and makes two dates to see
    whether one is visible: a minute of processor time for a thousand messages, in which it hardly serves
    another request.
    """
    with (
        patch.object(SQSBackend, "is_message_valid_based_on_retention_period", _is_retained),
        patch.object(models, "unix_time_millis", _unix_time_millis),
    ):
        yield


def _unix_time_millis() -> float:
    return time.time() * 1000


def _is_retained(backend: SQSBackend, queue_name: str, message: Message) -> bool:
    sent_s: float = message.sent_timestamp / 1000
    return bool(sent_s + backend.get_queue(queue_name).message_retention_period > time.time())
