"""A repeated request gets the first response."""

from typing import Any

import pytest

from tests.unit.classify.conftest import PHOTOS, Call, MotoAws, Reply, form

PATH = "/v1/classifications"
KEY = {"Idempotency-Key": "tray-7"}


def send(call: Call, *photos: bytes, boundary: str = "a", **options: Any) -> Reply:
    body, content_type = form(*(("image", photo) for photo in photos), boundary=boundary)
    reply: Reply = call("POST", PATH, body, content_type, **{"headers": KEY, **options})
    return reply


def stored_ids(call: Call) -> list[str]:
    return [each["id"] for each in call("GET", PATH).json["classifications"]]


def test_a_repeated_request_gets_the_same_response(aws: MotoAws, call: Call, maize: bytes) -> None:
    first, again = send(call, maize), send(call, maize, boundary="another")
    assert again.json == first.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert stored_ids(call) == [first.json["id"]]


def test_a_repeated_request_may_use_another_language(aws: MotoAws, call: Call, maize: bytes) -> None:
    first, again = send(call, maize), send(call, maize, query={"lang": "es"})
    assert again.json["id"] == first.json["id"]
    assert again.json["predictions"][0]["common_name"] == "Maíz"


@pytest.mark.parametrize("query", [{"top": "3"}, {"explain": "true"}])
def test_a_key_with_other_options_is_rejected(
    aws: MotoAws, call: Call, maize: bytes, query: dict[str, str]
) -> None:
    send(call, maize)
    assert send(call, maize, query=query).problem == "idempotency-key-reused"


def test_a_key_with_other_photos_is_rejected(aws: MotoAws, call: Call, maize: bytes) -> None:
    other = (PHOTOS / "galium-aparine.jpg").read_bytes()
    send(call, maize, other)
    for photos in ((maize,), (other, maize), (maize, other, other)):
        assert send(call, *photos).problem == "idempotency-key-reused"
    assert send(call, maize, other).status == 200


def test_two_callers_may_choose_the_same_key(aws: MotoAws, call: Call, maize: bytes) -> None:
    first, other = send(call, maize), send(call, maize, caller="another-key")
    assert first.json["id"] != other.json["id"]


def test_of_two_simultaneous_requests_one_is_stored(
    aws: MotoAws, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = send(call, maize)
    real, looks = type(aws.records).get, []

    def too_early(records: Any, identifier: str, owner: str | None) -> Any:
        looks.append(identifier)
        return None if len(looks) == 1 else real(records, identifier, owner)

    monkeypatch.setattr(type(aws.records), "get", too_early)
    second = send(call, maize)
    assert second.json == first.json
    assert len(looks) == 2
    assert stored_ids(call) == [first.json["id"]]


def test_a_deleted_classification_can_be_requested_again(aws: MotoAws, call: Call, maize: bytes) -> None:
    first = send(call, maize).json
    call("DELETE", f"{PATH}/{first['id']}")
    again = send(call, maize)
    assert again.status == 200
    assert again.json["created_at"] != first["created_at"]
    assert call("GET", f"{PATH}/{first['id']}").json == again.json


def test_a_rejected_photo_does_not_use_the_key(aws: MotoAws, call: Call, maize: bytes) -> None:
    assert send(call, b"no photo").problem == "unsupported-format"
    assert send(call, maize).status == 200


def test_a_classification_that_is_not_stored_is_computed_again(
    aws: MotoAws, call: Call, maize: bytes
) -> None:
    first, again = (send(call, maize, query={"record": "false"}).json["id"] for _ in range(2))
    assert first != again


def test_a_failing_table_does_not_fail_the_request(
    aws: MotoAws, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(aws.records), "get", broken)
    monkeypatch.setattr(type(aws.records), "add", broken)
    assert send(call, maize).json["verdict"] == "identified"


@pytest.mark.parametrize("key", ["", "a b", "é", "k" * 256])
def test_an_invalid_key_is_rejected(aws: MotoAws, call: Call, maize: bytes, key: str) -> None:
    reply = send(call, maize, headers={"Idempotency-Key": key})
    assert reply.problem == "invalid-request"
    assert "idempotency-key" in reply.json["detail"].lower()
