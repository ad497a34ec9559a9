"""What is tried again, when, and when no more."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from frond_client import (
    Frond,
    InvalidRequest,
    QuotaExceeded,
    RateLimited,
    ServiceUnavailable,
    Timeout,
    Unreachable,
)
from tests.unit.client.both import Connect
from tests.unit.client.small_api import SmallApi, photo, problem

PHOTO = photo("zea-mays")


def test_it_waits_as_long_as_it_is_asked_to(client: Frond, service: SmallApi, pauses: list[float]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    service.first = [
        (429, {"Retry-After": "7"}, b"{}"),
        (503, {"Retry-After": soon}, b""),
        (429, {"Retry-After": past}, b""),
    ]
    assert client.classify(PHOTO).verdict == "identified"
    assert 7 <= pauses[0] <= 7.5
    assert 15 < pauses[1] <= 20.5
    assert 0 <= pauses[-1] <= 0.5


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_is_only_for_now_is_tried_again(
    client: Frond, service: SmallApi, pauses: list[float], status: int
) -> None:
    service.first = [(status, {"Retry-After": "when it is done"}, b"<html>"), (status, {}, b"{}")]
    assert client.classify(PHOTO).verdict == "identified"
    assert len(service.requests) == 3
    assert 0.25 <= pauses[0] <= 0.5 <= pauses[1] <= 1


def test_a_lost_connection_is_tried_again(client: Frond, service: SmallApi, pauses: list[float]) -> None:
    service.first = [None, None]
    assert client.classify(PHOTO).verdict == "identified"
    assert len(pauses) == 2


def test_every_attempt_has_the_same_key_and_photos(
    client: Frond, service: SmallApi, pauses: list[float]
) -> None:
    service.first = [None, (503, {}, b""), (429, {}, b"")]
    client.classify([PHOTO, PHOTO])
    client.classify(PHOTO)

    keys = [asked.headers["idempotency-key"] for asked in service.requests]
    assert len(set(keys[:4])) == 1
    assert keys[4] != keys[0]
    assert {tuple(part.raw for part in asked.parts) for asked in service.requests[:4]} == {(PHOTO, PHOTO)}


def test_a_key_of_ones_own(client: Frond, service: SmallApi) -> None:
    client.classify(PHOTO, idempotency_key="walk-7/maize")
    assert service.requests[0].headers["idempotency-key"] == "walk-7/maize"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422, 501])
def test_what_will_not_change_is_not_tried_again(
    client: Frond, service: SmallApi, pauses: list[float], status: int
) -> None:
    service.first = [problem(status, "some")]
    with pytest.raises(Exception, match=r".+"):
        client.classify([PHOTO, PHOTO])
    assert len(service.requests) == 1
    assert pauses == []


def test_it_gives_up_after_some_attempts(client: Frond, service: SmallApi, pauses: list[float]) -> None:
    service.first = [problem(503, "busy")] * 9
    with pytest.raises(ServiceUnavailable):
        client.model()
    assert len(service.requests) == 5
    for pause, most in zip(pauses, [0.5, 1, 2, 4], strict=True):
        assert most / 2 <= pause <= most


def test_it_does_not_wait_for_longer_than_its_patience(
    connect: Connect, service: SmallApi, pauses: list[float]
) -> None:
    service.first = [(429, {"Retry-After": "11"}, b"{}")]
    with connect(service.url, "k", patience=10) as client, pytest.raises(RateLimited) as told:
        client.model()
    assert told.value.retry_after == 11
    assert pauses == []


def test_a_key_that_has_used_up_its_day_waits_for_no_one(
    client: Frond, service: SmallApi, pauses: list[float]
) -> None:
    service.first = [problem(429, "quota-exceeded")]
    with pytest.raises(QuotaExceeded):
        client.model()
    assert pauses == []


def test_how_often_is_a_matter_of_choice(connect: Connect, service: SmallApi, pauses: list[float]) -> None:
    service.first = [problem(500, "internal")] * 3
    with connect(service.url, "k", attempts=1) as client, pytest.raises(ServiceUnavailable):
        client.model()
    assert len(service.requests) == 1


def test_nobody_is_there(connect: Connect, pauses: list[float]) -> None:
    with (
        connect("http://127.0.0.1:9", "k") as client,
        pytest.raises(Unreachable, match="cannot be reached"),
    ):
        client.classify(PHOTO)
    assert len(pauses) == 4


@contextmanager
def silence() -> Iterator[str]:
    """Give the address of what takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_nobody_answers(connect: Connect) -> None:
    with (
        silence() as url,
        connect(url, "k", timeout=0.05, attempts=2) as client,
        pytest.raises(Timeout, match="did not answer in time") as told,
    ):
        client.model()
    assert told.value.id is None


def test_a_wrong_option_is_the_callers(client: Frond, service: SmallApi) -> None:
    service.first = [problem(400, "invalid-request", detail="top: at most 12.")]
    with pytest.raises(InvalidRequest, match="top: at most 12"):
        client.classify(PHOTO, top=13)


def test_several_threads_share_a_client(service: SmallApi) -> None:
    found: list[str] = []
    with Frond(service.url, "k") as client:
        threads = [
            threading.Thread(target=lambda: found.append(client.classify(PHOTO).predictions[0].species))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == ["zea-mays"] * 8


def test_it_really_waits(connect: Connect, service: SmallApi) -> None:
    service.first = [(429, {"Retry-After": "1"}, b"{}")]
    begin = time.monotonic()
    with connect(service.url, "k") as client:
        client.model()
    assert 1 <= time.monotonic() - begin < 10
