"""Keys are found in every kind of notification."""

import json
from typing import Any

import pytest

from frond_client.s3_notifications import parse_notification

S3: dict[str, Any] = {"Records": [{"s3": {"object": {"key": "a+b%2Bc.jpg"}}}]}
EVENTBRIDGE: dict[str, Any] = {"source": "aws.s3", "detail": {"object": {"key": "a b+c.jpg"}}}


def sns(message: Any) -> dict[str, Any]:
    return {"Type": "Notification", "TopicArn": "arn:aws:sns:us-east-1:1:t", "Message": json.dumps(message)}


@pytest.mark.parametrize("message", [S3, EVENTBRIDGE, sns(S3), sns(EVENTBRIDGE)])
def test_the_key_is_found(message: dict[str, Any]) -> None:
    assert parse_notification(json.dumps(message)).keys == ("a b+c.jpg",)


@pytest.mark.parametrize(
    "message", [{}, [], None, {"Records": []}, {"Type": "Notification"}, sns("{"), {"source": "aws.s3"}]
)
def test_any_other_message_has_a_problem(message: Any) -> None:
    assert parse_notification(json.dumps(message)).problem == "Not an S3 notification."
