"""Notifications of S3 are parsed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from frond.s3_events import ObjectCreated, UnknownMessageError, parse_s3_event
from frond.s3_upload import sequencer

AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


def record(key: str, name: str = "ObjectCreated:Put", **members: Any) -> dict[str, Any]:
    return {
        "eventName": name,
        "eventTime": "2026-11-21T06:30:00.000Z",
        "s3": {"bucket": {"name": "uploads"}, "object": {"key": key, "size": 7, **members}},
    }


def body(*records: dict[str, Any]) -> str:
    return json.dumps({"Records": records})


def test_every_member_of_a_record_is_returned() -> None:
    (created,) = parse_s3_event(body(record("a.jpg", versionId="v1", sequencer="0055aed6")))

    assert created == ObjectCreated(
        "ObjectCreated:Put", AT, "uploads", "a.jpg", "v1", 7, sequencer("0055AED6", AT)
    )
    assert created.upload.created_at == AT


def test_every_key_is_decoded_not_only_the_first() -> None:
    found = parse_s3_event(body(record("a+b%2Bc.jpg"), record("100%25+%C3%B1.jpg")))
    assert [each.key for each in found] == ["a b+c.jpg", "100% ñ.jpg"]


def test_the_oldest_comes_first() -> None:
    found = parse_s3_event(body(record("b", sequencer="02"), record("a", sequencer="01")))
    assert [each.key for each in found] == ["a", "b"]


@pytest.mark.parametrize("name", ["ObjectRemoved:Delete", "ObjectTagging:Put", "s3:TestEvent"])
def test_other_events_are_ignored(name: str) -> None:
    assert parse_s3_event(body(record("a.jpg", name))) == []


def test_the_test_event_of_s3_has_no_objects() -> None:
    assert parse_s3_event(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})) == []


def eventbridge(key: str, kind: str = "Object Created", source: str = "aws.s3") -> dict[str, Any]:
    """Return an event as EventBridge sends it to a queue."""
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": kind,
        "source": source,
        "account": "123456789012",
        "time": "2026-11-21T06:30:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:s3:::uploads"],
        "detail": {
            "version": "0",
            "bucket": {"name": "uploads"},
            "object": {"key": key, "size": 7, "version-id": "v1", "sequencer": "0055AED6"},
            "requester": "123456789012",
            "reason": "PutObject",
        },
    }


def sns(message: str) -> str:
    """Return a message as SNS wraps it for a queue."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
            "TopicArn": "arn:aws:sns:us-east-1:123456789012:uploads",
            "Subject": "Amazon S3 Notification",
            "Message": message,
            "Timestamp": "2026-11-21T06:30:01.000Z",
        }
    )


def test_an_event_of_eventbridge_has_its_object_and_the_key_is_not_decoded() -> None:
    (created,) = parse_s3_event(json.dumps(eventbridge("a+b%20ñ.jpg")))

    assert created == ObjectCreated(
        "ObjectCreated:PutObject", AT, "uploads", "a+b%20ñ.jpg", "v1", 7, sequencer("0055AED6", AT)
    )


def test_other_events_of_eventbridge_have_no_objects() -> None:
    assert parse_s3_event(json.dumps(eventbridge("a.jpg", "Object Deleted"))) == []


@pytest.mark.parametrize(
    "wrapped", [body(record("a.jpg")), json.dumps(eventbridge("a.jpg")), sns(body(record("a.jpg")))]
)
def test_what_sns_wraps_is_understood(wrapped: str) -> None:
    assert [each.key for each in parse_s3_event(sns(wrapped))] == ["a.jpg"]


def test_the_test_event_has_no_objects_through_sns() -> None:
    assert parse_s3_event(sns(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"}))) == []


@pytest.mark.parametrize("key", ["folder/", "a/b/", "folder_$folder$"])
def test_the_marker_of_a_folder_is_no_upload(key: str) -> None:
    marker, photo = record(key), record("photo.jpg")
    marker["s3"]["object"]["size"] = 0
    event = eventbridge(key)
    event["detail"]["object"]["size"] = 0

    assert [each.key for each in parse_s3_event(body(marker, photo))] == ["photo.jpg"]
    assert parse_s3_event(json.dumps(event)) == []


@pytest.mark.parametrize("key", ["folder/", "photo.jpg", "photos.zip", "no-extension"])
def test_every_object_with_bytes_is_an_upload(key: str) -> None:
    assert [each.key for each in parse_s3_event(body(record(key)))] == [key]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "1",
        "null",
        "{}",
        '{"Records": []}',
        '{"Records": [{}]}',
        '{"Records": [1]}',
        '{"Records": {"a": 1}}',
        '{"records": [{"eventName": "ObjectCreated:Put"}]}',
        '{"Event": "s3:Other"}',
        '{"Message": "{}"}',
        sns("not JSON"),
        sns("{}"),
        sns('"{}"'),
        body(record("a.jpg", "Surprise:Put")),
        body({"eventSource": "aws:dynamodb", "eventName": "INSERT", "dynamodb": {}}),
        json.dumps(eventbridge("a.jpg", source="aws.ec2")),
        json.dumps(eventbridge("a.jpg", "AWS API Call via CloudTrail")),
        json.dumps(eventbridge("a.jpg") | {"detail": {}}),
        json.dumps({"version": "1.0", "requestPayload": json.loads(body(record("a.jpg")))}),
    ],
)
def test_any_other_message_is_an_error(text: str) -> None:
    with pytest.raises(UnknownMessageError, match="of S3"):
        parse_s3_event(text)
