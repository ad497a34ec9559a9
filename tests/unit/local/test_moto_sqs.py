"""Moto's queues: a message that is too old is not received, and none is counted for another."""

import time
from collections.abc import Iterator

import pytest
from moto import mock_aws
from moto.sqs import models
from moto.sqs.models import SQSBackend, sqs_backends

from local.moto_sqs import quick_receives

QUEUE = "photos"
RETENTION_S = 60


@pytest.fixture
def backend() -> Iterator[SQSBackend]:
    with mock_aws(), quick_receives():
        backend = sqs_backends["123456789012"]["us-east-1"]
        backend.create_queue(QUEUE, {}, MessageRetentionPeriod=RETENTION_S)
        yield backend


def received(backend: SQSBackend) -> list[str]:
    return [message.body for message in backend.receive_message(QUEUE, 10, 0, 30)]


def test_a_message_is_received_until_its_retention_period_ends(backend: SQSBackend) -> None:
    sent = [backend.send_message(QUEUE, body) for body in ("new", "old")]
    sent[1].sent_timestamp -= 1000 * RETENTION_S
    assert received(backend) == ["new"]


def test_a_message_that_was_received_is_hidden_for_a_time(
    backend: SQSBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.send_message(QUEUE, "photo")
    assert received(backend) == ["photo"]
    assert received(backend) == []
    later = time.time() + 31
    monkeypatch.setattr(time, "time", lambda: later)
    assert received(backend) == ["photo"]


def test_receiving_a_message_counts_no_others(backend: SQSBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        backend.send_message(QUEUE, str(number))
    monkeypatch.setattr(models.Queue, "attributes", None)
    assert received(backend) == ["0", "1", "2", "3", "4"]
