"""Which requests are retried, when, and how often."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from frond_client import (
    ConnectionFailedError,
    Frond,
    InvalidRequestError,
    QuotaExceededError,
    RateLimitError,
    ResponseTimeoutError,
    ServiceUnavailableError,
)
from tests.unit.client.blocking_adapter import Connect
from tests.unit.client.fake_api import FakeApi, photo, problem

PHOTO = photo("zea-mays")


def test_retry_after_is_respected(client: Frond, service: FakeApi, delays: list[float]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    service.responses = [
        (429, {"Retry-After": "7"}, b"{}"),
        (503, {"Retry-After": soon}, b""),
        (429, {"Retry-After": past}, b""),
    ]
    assert client.classify(PHOTO).verdict == "identified"
    assert 7 <= delays[0] <= 7.5
    assert 15 < delays[1] <= 20.5
    assert 1 <= delays[-1] <= 2


def test_a_service_that_stays_busy_gets_fewer_requests(
    client: Frond, service: FakeApi, delays: list[float]
) -> None:
    service.responses = [(503, {"Retry-After": "1"}, problem(503, "busy")[2])] * 4
    assert client.classify(PHOTO).verdict == "identified"
    assert 1 <= delays[0] <= 1.5
    assert 2 <= delays[3] <= 4


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_transient_errors_are_retried(
    client: Frond, service: FakeApi, delays: list[float], status: int
) -> None:
    service.responses = [(status, {"Retry-After": "when it is done"}, b"<html>"), (status, {}, b"{}")]
    assert client.classify(PHOTO).verdict == "identified"
    assert len(service.requests) == 3
    assert 0.25 <= delays[0] <= 0.5 <= delays[1] <= 1


def test_a_lost_connection_is_retried(client: Frond, service: FakeApi, delays: list[float]) -> None:
    service.responses = [None, None]
    assert client.classify(PHOTO).verdict == "identified"
    assert len(delays) == 2


def test_all_attempts_have_the_same_key_and_photos(
    client: Frond, service: FakeApi, delays: list[float]
) -> None:
    service.responses = [None, (503, {}, b""), (429, {}, b"")]
    client.classify([PHOTO, PHOTO])
    client.classify(PHOTO)

    keys = [request.headers["idempotency-key"] for request in service.requests]
    assert len(set(keys[:4])) == 1
    assert keys[4] != keys[0]
    assert {tuple(part.raw for part in request.parts) for request in service.requests[:4]} == {(PHOTO, PHOTO)}


def test_the_idempotency_key_can_be_chosen(client: Frond, service: FakeApi) -> None:
    client.classify(PHOTO, idempotency_key="walk-7/maize")
    assert service.requests[0].headers["idempotency-key"] == "walk-7/maize"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 422, 501])
def test_permanent_errors_are_not_retried(
    client: Frond, service: FakeApi, delays: list[float], status: int
) -> None:
    service.responses = [problem(status, "some")]
    with pytest.raises(Exception, match=r".+"):
        client.classify([PHOTO, PHOTO])
    assert len(service.requests) == 1
    assert delays == []


def test_the_number_of_attempts_is_limited(client: Frond, service: FakeApi, delays: list[float]) -> None:
    service.responses = [problem(503, "busy")] * 9
    with pytest.raises(ServiceUnavailableError):
        client.model()
    assert len(service.requests) == 5
    for pause, most in zip(delays, [0.5, 1, 2, 4], strict=True):
        assert most / 2 <= pause <= most


def test_no_retry_begins_after_max_wait(connect: Connect, service: FakeApi, delays: list[float]) -> None:
    service.responses = [(429, {"Retry-After": "11"}, b"{}")]
    with connect(service.url, "k", max_wait=10) as client, pytest.raises(RateLimitError) as caught:
        client.model()
    assert caught.value.retry_after == 11
    assert delays == []


def test_an_exceeded_quota_is_not_retried(client: Frond, service: FakeApi, delays: list[float]) -> None:
    service.responses = [problem(429, "quota-exceeded")]
    with pytest.raises(QuotaExceededError):
        client.model()
    assert delays == []


def test_max_attempts_can_be_chosen(connect: Connect, service: FakeApi, delays: list[float]) -> None:
    service.responses = [problem(500, "internal")] * 3
    with connect(service.url, "k", max_attempts=1) as client, pytest.raises(ServiceUnavailableError):
        client.model()
    assert len(service.requests) == 1


def test_a_refused_connection_is_reported(connect: Connect, delays: list[float]) -> None:
    with (
        connect("http://127.0.0.1:9", "k") as client,
        pytest.raises(ConnectionFailedError, match="cannot be reached"),
    ):
        client.classify(PHOTO)
    assert len(delays) == 4


@contextmanager
def silent_server() -> Iterator[str]:
    """Accept connections and never respond."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_a_server_that_never_responds_times_out(connect: Connect) -> None:
    with (
        silent_server() as url,
        connect(url, "k", timeout=0.5, max_attempts=2) as client,
        pytest.raises(ResponseTimeoutError, match="did not answer in time") as caught,
    ):
        client.model()
    assert caught.value.id is None


def test_an_invalid_option_is_an_invalid_request(client: Frond, service: FakeApi) -> None:
    service.responses = [problem(400, "invalid-request", detail="top: at most 12.")]
    with pytest.raises(InvalidRequestError, match="top: at most 12"):
        client.classify(PHOTO, top=13)


def test_a_client_is_thread_safe(service: FakeApi) -> None:
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


def test_delays_take_real_time(connect: Connect, service: FakeApi) -> None:
    service.responses = [(429, {"Retry-After": "1"}, b"{}")]
    begin = time.monotonic()
    with connect(service.url, "k") as client:
        client.model()
    assert time.monotonic() - begin >= 1
