"""Notifications of S3 are parsed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from frond.s3_events import ObjectCreated, parse_s3_event
from frond.uploads import sequencer

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


@pytest.mark.parametrize("text", ["{", "[]", "1", '{"Records": [{}]}'])
def test_another_body_is_an_error(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        parse_s3_event(text)
