"""S3 event notifications in the messages of the queues: from S3, from EventBridge, and wrapped by SNS."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus


@dataclass(frozen=True)
class S3Notification:
    """An S3 event notification.

    Attributes
    ----------
    keys
        Of the objects; empty if the message is no notification.
    problem
        What is wrong with a message that is no notification.
    """

    keys: tuple[str, ...] = ()
    problem: str | None = None


def parse_notification(body: str) -> S3Notification:
    """Parse a message's body."""
    try:
        document = json.loads(body)
    except ValueError:
        return S3Notification(problem="Not an S3 notification: it is not JSON.")
    try:
        document = _unwrap(document)
        if document.get("Event") == "s3:TestEvent":
            return S3Notification(problem="The test notification that S3 sends when a bucket is set up.")
        keys = _keys(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        keys = ()
    return S3Notification(keys) if keys else S3Notification(problem="Not an S3 notification.")


def _unwrap(document: Any) -> Any:
    """Return the message that SNS wraps."""
    if document.get("Type") == "Notification":
        return _unwrap(json.loads(document["Message"]))
    return document


def _keys(document: Any) -> tuple[str, ...]:
    if document.get("source") == "aws.s3":  # an event of EventBridge, whose key is not encoded
        return (document["detail"]["object"]["key"],)
    return tuple(unquote_plus(record["s3"]["object"]["key"]) for record in document["Records"])
