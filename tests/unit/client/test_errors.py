"""Which error tells what."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from frond_client import (
    ApiError,
    Frond,
    FrondError,
    IdempotencyKeyReused,
    InvalidKey,
    InvalidRequest,
    NotFound,
    PhotoTooLarge,
    QuotaExceeded,
    RateLimited,
    RefusedPhoto,
    ServiceUnavailable,
    Timeout,
    UnexpectedAnswer,
)
from tests.unit.client.both import Connect
from tests.unit.client.small_api import Reply, SmallApi, photo, problem

TYPED: list[tuple[int, str, type[ApiError]]] = [
    (400, "invalid-request", InvalidRequest),
    (400, "too-many-photos", InvalidRequest),
    (400, "empty-body", RefusedPhoto),
    (403, "missing-key", InvalidKey),
    (404, "unknown-classification", NotFound),
    (405, "method-not-allowed", InvalidRequest),
    (413, "payload-too-large", PhotoTooLarge),
    (415, "unsupported-media-type", RefusedPhoto),
    (422, "unreadable-photo", RefusedPhoto),
    (422, "something-new", RefusedPhoto),
    (422, "idempotency-key-reused", IdempotencyKeyReused),
    (429, "throttled", RateLimited),
    (429, "quota-exceeded", QuotaExceeded),
    (503, "something-new", ServiceUnavailable),
    (504, "timeout", ServiceUnavailable),
]


@pytest.mark.parametrize(("status", "slug", "kind"), TYPED)
def test_each_problem_has_its_class(
    connect: Connect, service: SmallApi, status: int, slug: str, kind: type[ApiError]
) -> None:
    service.first = [problem(status, slug, limit_bytes=7)]
    with connect(service.url, "k", attempts=1) as client, pytest.raises(ApiError) as told:
        client.model()

    assert type(told.value) is kind
    said = told.value.problem
    assert (said.type, said.status) == (f"urn:frond:problem:{slug}", status)
    assert (said.title, said.detail, said.request_id) == (f"It is {slug}", "Do that.", "r-1")
    assert said.model_extra == {"limit_bytes": 7}


NOT_OURS: list[tuple[Reply, type[FrondError]]] = [
    ((200, {}, b"<html>Please sign in</html>"), UnexpectedAnswer),
    ((200, {}, b"[]"), UnexpectedAnswer),
    ((200, {}, b'{"version": 3}'), UnexpectedAnswer),
    ((302, {"Location": "/login"}, b""), UnexpectedAnswer),
    ((401, {}, b"<html>"), UnexpectedAnswer),
    ((403, {}, b'{"message": "Forbidden"}'), InvalidKey),
    ((404, {}, b"<html>"), UnexpectedAnswer),
    ((404, {}, b'{"message": "no Route matched"}'), UnexpectedAnswer),
    ((400, {}, b'{"detail": [{"loc": ["top"]}]}'), UnexpectedAnswer),
    ((502, {}, b"<html><h1>Bad Gateway</h1></html>"), ServiceUnavailable),
    ((429, {"Retry-After": "3"}, b"slow down"), RateLimited),
    ((503, {}, b"\xff\xfe\x00"), ServiceUnavailable),
]


@pytest.mark.parametrize(("reply", "kind"), NOT_OURS)
def test_answers_of_others(connect: Connect, service: SmallApi, reply: Reply, kind: type[FrondError]) -> None:
    service.first = [reply]
    with connect(service.url, "k", attempts=1) as client, pytest.raises(FrondError) as told:
        client.model()
    assert type(told.value) is kind
    if isinstance(told.value, ServiceUnavailable | RateLimited):
        assert told.value.problem.type == "about:blank"
    if isinstance(told.value, UnexpectedAnswer):
        assert service.url in str(told.value)


def test_an_answer_cut_off_is_no_answer(connect: Connect, service: SmallApi) -> None:
    service.first = [(200, {"Content-Length": "999", "Connection": "close"}, b'{"version"')]
    with connect(service.url, "k", attempts=1, timeout=0.2) as client, pytest.raises(FrondError):
        client.model()


def test_the_request_id_is_found_in_the_headers_too(connect: Connect, service: SmallApi) -> None:
    service.first = [(502, {"x-request-id": "r-7"}, b"")]
    with connect(service.url, "k", attempts=1) as client, pytest.raises(ServiceUnavailable) as told:
        client.model()
    assert told.value.problem.request_id == "r-7"


def test_what_is_said_can_be_acted_on(client: Frond, service: SmallApi) -> None:
    with pytest.raises(RefusedPhoto, match=r"^It is unsupported-format\. Do that\.$"):
        client.classify(b"not a photo")
    service.first = [problem(403, "missing-key")]
    with pytest.raises(InvalidKey, match="refuses the key"):
        client.classify(photo("zea-mays"))


def test_an_unknown_classification(client: Frond) -> None:
    calls: list[Callable[[str], Any]] = [client.get, client.delete, lambda it: client.correct(it, None)]
    for call in calls:
        with pytest.raises(NotFound):
            call("nothing")


@pytest.mark.parametrize("error", [Timeout("Late.", "id-7"), UnexpectedAnswer("Odd.")])
def test_errors_travel_between_processes(error: FrondError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_an_error_of_the_api_travels_between_processes(client: Frond) -> None:
    with pytest.raises(NotFound) as told:
        client.get("nothing")
    again = pickle.loads(pickle.dumps(told.value))
    assert (again.problem, str(again)) == (told.value.problem, str(told.value))
