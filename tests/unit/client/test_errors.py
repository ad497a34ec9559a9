"""The exceptions of error responses."""

import pickle
from collections.abc import Callable
from typing import Any

import pytest

from frond_client import (
    ApiError,
    AuthenticationError,
    Frond,
    FrondError,
    IdempotencyKeyReusedError,
    InvalidPhotoError,
    InvalidRequestError,
    NotFoundError,
    PhotoTooLargeError,
    QuotaExceededError,
    RateLimitError,
    ResponseTimeoutError,
    ServiceUnavailableError,
    UnexpectedResponseError,
)
from tests.unit.client.blocking_adapter import Connect
from tests.unit.client.fake_api import FakeApi, FakeResponse, photo, problem

TYPED: list[tuple[int, str, type[ApiError]]] = [
    (400, "invalid-request", InvalidRequestError),
    (400, "too-many-photos", InvalidRequestError),
    (400, "empty-body", InvalidPhotoError),
    (403, "missing-key", AuthenticationError),
    (404, "unknown-classification", NotFoundError),
    (405, "method-not-allowed", InvalidRequestError),
    (413, "payload-too-large", PhotoTooLargeError),
    (415, "unsupported-media-type", InvalidPhotoError),
    (422, "unreadable-photo", InvalidPhotoError),
    (422, "something-new", InvalidPhotoError),
    (422, "idempotency-key-reused", IdempotencyKeyReusedError),
    (429, "throttled", RateLimitError),
    (429, "quota-exceeded", QuotaExceededError),
    (503, "something-new", ServiceUnavailableError),
    (504, "timeout", ServiceUnavailableError),
]


@pytest.mark.parametrize(("status", "slug", "kind"), TYPED)
def test_each_problem_has_its_exception(
    connect: Connect, service: FakeApi, status: int, slug: str, kind: type[ApiError]
) -> None:
    service.responses = [problem(status, slug, limit_bytes=7)]
    with connect(service.url, "k", max_attempts=1) as client, pytest.raises(ApiError) as caught:
        client.model()

    assert type(caught.value) is kind
    details = caught.value.problem
    assert (details.type, details.status) == (f"urn:frond:problem:{slug}", status)
    assert (details.title, details.detail, details.request_id) == (f"It is {slug}", "Do that.", "r-1")
    assert details.model_extra == {"limit_bytes": 7}


OTHER_RESPONSES: list[tuple[FakeResponse, type[FrondError]]] = [
    ((200, {}, b"<html>Please sign in</html>"), UnexpectedResponseError),
    ((200, {}, b"[]"), UnexpectedResponseError),
    ((200, {}, b'{"version": 3}'), UnexpectedResponseError),
    ((302, {"Location": "/login"}, b""), UnexpectedResponseError),
    ((401, {}, b"<html>"), UnexpectedResponseError),
    ((403, {}, b'{"message": "Forbidden"}'), AuthenticationError),
    ((404, {}, b"<html>"), UnexpectedResponseError),
    ((404, {}, b'{"message": "no Route matched"}'), UnexpectedResponseError),
    ((400, {}, b'{"detail": [{"loc": ["top"]}]}'), UnexpectedResponseError),
    ((502, {}, b"<html><h1>Bad Gateway</h1></html>"), ServiceUnavailableError),
    ((429, {"Retry-After": "3"}, b"slow down"), RateLimitError),
    ((503, {}, b"\xff\xfe\x00"), ServiceUnavailableError),
]


@pytest.mark.parametrize(("reply", "kind"), OTHER_RESPONSES)
def test_responses_of_other_services_have_their_exceptions(
    connect: Connect, service: FakeApi, reply: FakeResponse, kind: type[FrondError]
) -> None:
    service.responses = [reply]
    with connect(service.url, "k", max_attempts=1) as client, pytest.raises(FrondError) as caught:
        client.model()
    assert type(caught.value) is kind
    if isinstance(caught.value, ServiceUnavailableError | RateLimitError):
        assert caught.value.problem.type == "about:blank"
    if isinstance(caught.value, UnexpectedResponseError):
        assert service.url in str(caught.value)


def test_a_truncated_response_is_an_error(connect: Connect, service: FakeApi) -> None:
    service.responses = [(200, {"Content-Length": "999", "Connection": "close"}, b'{"version"')]
    with connect(service.url, "k", max_attempts=1, timeout=0.2) as client, pytest.raises(FrondError):
        client.model()


def test_the_request_id_may_come_from_a_header(connect: Connect, service: FakeApi) -> None:
    service.responses = [(502, {"x-request-id": "r-7"}, b"")]
    with (
        connect(service.url, "k", max_attempts=1) as client,
        pytest.raises(ServiceUnavailableError) as caught,
    ):
        client.model()
    assert caught.value.problem.request_id == "r-7"


def test_the_message_has_the_cause_and_the_fix(client: Frond, service: FakeApi) -> None:
    with pytest.raises(InvalidPhotoError, match=r"^It is unsupported-format\. Do that\.$"):
        client.classify(b"not a photo")
    service.responses = [problem(403, "missing-key")]
    with pytest.raises(AuthenticationError, match="refuses the key"):
        client.classify(photo("zea-mays"))


def test_an_unknown_classification_is_not_found(client: Frond) -> None:
    calls: list[Callable[[str], Any]] = [
        client.get,
        client.delete,
        lambda it: client.submit_feedback(it, None),
    ]
    for call in calls:
        with pytest.raises(NotFoundError):
            call("nothing")


@pytest.mark.parametrize("error", [ResponseTimeoutError("Late.", "id-7"), UnexpectedResponseError("Odd.")])
def test_exceptions_can_be_pickled(error: FrondError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def test_an_api_error_can_be_pickled(client: Frond) -> None:
    with pytest.raises(NotFoundError) as caught:
        client.get("nothing")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.problem, str(again)) == (caught.value.problem, str(caught.value))
