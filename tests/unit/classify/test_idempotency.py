"""A request that is sent again is not answered anew."""

from typing import Any

import pytest

from tests.unit.classify.conftest import PHOTOS, Call, Reply, S3Door, form

PATH = "/v1/classifications"
KEY = {"Idempotency-Key": "tray-7"}


def send(call: Call, *photos: bytes, boundary: str = "a", **options: Any) -> Reply:
    body, content_type = form(*(("image", photo) for photo in photos), boundary=boundary)
    reply: Reply = call("POST", PATH, body, content_type, **{"headers": KEY, **options})
    return reply


def all_kept(call: Call) -> list[str]:
    return [each["id"] for each in call("GET", PATH).json["classifications"]]


def test_the_same_request_gets_the_same_answer(door: S3Door, call: Call, maize: bytes) -> None:
    first, again = send(call, maize), send(call, maize, boundary="another")
    assert again.json == first.json
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert all_kept(call) == [first.json["id"]]


def test_it_can_be_asked_for_in_another_language(door: S3Door, call: Call, maize: bytes) -> None:
    first, again = send(call, maize), send(call, maize, query={"lang": "es"})
    assert again.json["id"] == first.json["id"]
    assert again.json["predictions"][0]["common_name"] == "Maíz"


@pytest.mark.parametrize("query", [{"top": "3"}, {"explain": "true"}])
def test_a_key_does_not_answer_another_question(
    door: S3Door, call: Call, maize: bytes, query: dict[str, str]
) -> None:
    send(call, maize)
    assert send(call, maize, query=query).problem == "idempotency-key-reused"


def test_a_key_does_not_answer_for_other_photos(door: S3Door, call: Call, maize: bytes) -> None:
    other = (PHOTOS / "galium-aparine.jpg").read_bytes()
    send(call, maize, other)
    for photos in ((maize,), (other, maize), (maize, other, other)):
        assert send(call, *photos).problem == "idempotency-key-reused"
    assert send(call, maize, other).status == 200


def test_two_callers_may_choose_the_same_key(door: S3Door, call: Call, maize: bytes) -> None:
    first, other = send(call, maize), send(call, maize, caller="another-key")
    assert first.json["id"] != other.json["id"]


def test_of_two_that_come_at_once_one_is_kept(
    door: S3Door, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = send(call, maize)
    real, looks = type(door.records).get, []

    def too_early(records: Any, identifier: str) -> Any:
        looks.append(identifier)
        return None if len(looks) == 1 else real(records, identifier)

    monkeypatch.setattr(type(door.records), "get", too_early)
    second = send(call, maize)
    assert second.json == first.json
    assert len(looks) == 2
    assert all_kept(call) == [first.json["id"]]


def test_what_was_deleted_can_be_asked_anew(door: S3Door, call: Call, maize: bytes) -> None:
    first = send(call, maize).json
    call("DELETE", f"{PATH}/{first['id']}")
    again = send(call, maize)
    assert again.status == 200
    assert again.json["created_at"] != first["created_at"]
    assert call("GET", f"{PATH}/{first['id']}").json == again.json


def test_a_photo_that_is_none_leaves_the_key_free(door: S3Door, call: Call, maize: bytes) -> None:
    assert send(call, b"no photo").problem == "unsupported-format"
    assert send(call, maize).status == 200


def test_an_answer_that_is_not_kept_is_made_anew(door: S3Door, call: Call, maize: bytes) -> None:
    first, again = (send(call, maize, query={"record": "false"}).json["id"] for _ in range(2))
    assert first != again


def test_without_a_table_that_answers_there_is_an_answer_all_the_same(
    door: S3Door, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(door.records), "get", broken)
    monkeypatch.setattr(type(door.records), "add", broken)
    assert send(call, maize).json["verdict"] == "identified"


@pytest.mark.parametrize("key", ["", "a b", "é", "k" * 256])
def test_a_key_that_is_none_is_refused(door: S3Door, call: Call, maize: bytes, key: str) -> None:
    reply = send(call, maize, headers={"Idempotency-Key": key})
    assert reply.problem == "invalid-request"
    assert "idempotency-key" in reply.json["detail"].lower()
