"""S3 event notifications in the messages of the queues."""

import json
from dataclasses import dataclass
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
    if isinstance(document, dict) and document.get("Event") == "s3:TestEvent":
        return S3Notification(problem="The test notification that S3 sends when a bucket is set up.")
    try:
        keys = tuple(unquote_plus(record["s3"]["object"]["key"]) for record in document["Records"])
    except (KeyError, TypeError, AttributeError):
        keys = ()
    return S3Notification(keys) if keys else S3Notification(problem="Not an S3 notification.")
