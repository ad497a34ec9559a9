"""Requests act on the records of their caller's key; the operator's act on all."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest

from frond.s3_upload import Upload, identifier_of, sequencer
from frond_classify.caller import Caller
from frond_classify.settings import ClassifySettings
from tests.support.lambda_context import FakeLambdaContext
from tests.unit.classify.conftest import OPERATOR, Call, MotoAws, Reply

PATH = "/v1/classifications"
ANA, BEN = "anakey", "benkey"


def classify(call: Call, photo: bytes, caller: str | None, **query: str) -> Reply:
    return call("POST", PATH, photo, "image/jpeg", query, caller=caller)


def request_form(call: Call, caller: str | None) -> Reply:
    body = json.dumps({"content_type": "image/jpeg", "size": 9}).encode()
    return call("POST", "/v1/uploads", body, "application/json", binary=False, caller=caller)


def put_feedback(call: Call, identifier: str, caller: str | None) -> Reply:
    body = json.dumps({"species": "zea-mays"}).encode()
    return call("PUT", f"{PATH}/{identifier}/feedback", body, "application/json", binary=False, caller=caller)


def ids(call: Call, caller: str) -> list[str]:
    return [each["id"] for each in call("GET", PATH, caller=caller).json["classifications"]]


@pytest.mark.parametrize("caller", [ANA, OPERATOR])
def test_a_classification_belongs_to_its_caller(aws: MotoAws, call: Call, maize: bytes, caller: str) -> None:
    answer = classify(call, maize, caller).json
    assert answer["owner"] == (None if caller == OPERATOR else caller)
    assert call("GET", f"{PATH}/{answer['id']}", caller=caller).json == answer
    assert call("GET", f"{PATH}/{answer['id']}", caller=OPERATOR).json == answer
    assert call("GET", f"{PATH}/{answer['id']}", caller=BEN).problem == "unknown-classification"
    assert (ids(call, caller), ids(call, OPERATOR), ids(call, BEN)) == ([answer["id"]], [answer["id"]], [])


def test_a_stranger_can_neither_correct_nor_delete(aws: MotoAws, call: Call, maize: bytes) -> None:
    answer = classify(call, maize, ANA).json
    path = f"{PATH}/{answer['id']}"

    assert put_feedback(call, answer["id"], BEN).problem == "unknown-classification"
    assert call("DELETE", path, caller=BEN).problem == "unknown-classification"
    assert call("GET", path, caller=ANA).json == answer

    assert put_feedback(call, answer["id"], ANA).status == 200
    for caller, status in ((ANA, 204), (BEN, 404), (ANA, 204), (OPERATOR, 204)):
        assert call("DELETE", path, caller=caller).status == status


def test_a_form_writes_under_the_callers_prefix(aws: MotoAws, call: Call) -> None:
    form = request_form(call, ANA).json
    key = form["fields"]["key"]
    assert key.startswith(f"owners/{ANA}/api/")
    assert form["id"] == identifier_of(key)

    waiting = call("GET", f"{PATH}/{form['id']}", caller=ANA).json
    assert (waiting["status"], waiting["owner"]) == ("queued", ANA)
    assert call("GET", f"{PATH}/{form['id']}", caller=BEN).status == 404
    for caller, found in ((ANA, [form["id"]]), (OPERATOR, [form["id"]]), (BEN, [])):
        listed = call("GET", PATH, query={"key": key}, caller=caller).json["classifications"]
        assert [each["id"] for each in listed] == found


def test_the_operators_form_has_no_owner(aws: MotoAws, call: Call) -> None:
    form = request_form(call, OPERATOR).json
    assert form["fields"]["key"] == f"api/{form['id']}"
    assert call("GET", f"{PATH}/{form['id']}", caller=ANA).status == 404


@pytest.mark.parametrize(("prefix", "owner"), [(f"owners/{ANA}/", ANA), ("", None)])
def test_an_uploads_result_and_event_name_its_owner(
    aws: MotoAws, call: Call, maize: bytes, prefix: str, owner: str | None
) -> None:
    from frond_classify import worker

    at = datetime.now(UTC) - timedelta(minutes=1)
    upload = Upload("uploads", f"{prefix}walk/maïs.jpg", None, sequencer(None, at), at)
    created = {
        "s3": {"bucket": {"name": "pictures"}, "object": {"key": quote_plus(aws.put_picture(upload, maize))}}
    }
    body = json.dumps({"Records": [{"eventName": "ObjectCreated:Put", **created}]})
    message: Any = {"messageId": "1", "body": body, "eventSource": "aws:sqs", "attributes": {}}
    assert worker.handler({"Records": [message]}, FakeLambdaContext("worker"))["batchItemFailures"] == []

    (event,) = aws.take_events()
    assert event["detail"]["owner"] == aws.result(upload.identifier)["owner"] == owner
    assert call("GET", f"{PATH}/{upload.identifier}", caller=ANA).status == (200 if owner else 404)
    assert call("GET", f"{PATH}/{upload.identifier}", caller=BEN).status == 404


def test_a_request_without_a_caller_gets_no_record(aws: MotoAws, call: Call, maize: bytes) -> None:
    answer = classify(call, maize, OPERATOR).json
    for method, path in (
        ("GET", PATH),
        ("GET", f"{PATH}/{answer['id']}"),
        ("DELETE", f"{PATH}/{answer['id']}"),
    ):
        assert call(method, path, caller=None).problem == "missing-key"
    for reply in (
        classify(call, maize, None),
        request_form(call, None),
        put_feedback(call, answer["id"], None),
    ):
        assert reply.problem == "missing-key"
    assert ids(call, OPERATOR) == [answer["id"]]


def test_what_is_not_stored_needs_no_caller(aws: MotoAws, call: Call, maize: bytes) -> None:
    reply = classify(call, maize, None, record="false")
    assert (reply.status, reply.json["owner"]) == (200, None)


@pytest.mark.parametrize(
    ("text", "operators"),
    [("", set()), (",", set()), ("one,", {"one"}), ("one,two", {"one", "two"}), ("one,two,", {"one", "two"})],
)
def test_operators_are_listed_in_a_variable(
    monkeypatch: pytest.MonkeyPatch, text: str, operators: set[str]
) -> None:
    monkeypatch.setenv("FROND_OPERATOR_KEYS", text)
    assert ClassifySettings.from_environment().operator_keys == operators


def test_without_operators_nobody_sees_all() -> None:
    event: Any = {"requestContext": {"identity": {"apiKeyId": ANA}}}
    assert Caller.from_event(event, frozenset()).owner == ANA
