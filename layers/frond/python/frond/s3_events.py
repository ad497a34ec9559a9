"""Notifications of created S3 objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

Powertools' `S3Event` decodes the key of its first record only, and raises `KeyError` for S3's test event.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from frond.uploads import Upload, sequencer


@dataclass(frozen=True, slots=True)
class ObjectCreated:
    """One `ObjectCreated` record of a notification.

    Attributes
    ----------
    event_name
        Such as ``ObjectCreated:Put``.
    event_time
        When the object was created; now if the notification has no time.
    key
        Decoded: in the notification it is encoded as in an HTML form.
    version
        Of the object; None in a bucket without versions.
    size
        In bytes; 0 if the notification has none.
    sequencer
        Comparable as text with those of the same key; see :func:`frond.uploads.sequencer`.
    """

    event_name: str
    event_time: datetime
    bucket: str
    key: str
    version: str | None
    size: int
    sequencer: str

    @property
    def upload(self) -> Upload:
        """The object as an upload."""
        return Upload(self.bucket, self.key, self.version, self.sequencer, self.event_time)


def parse_s3_event(body: str) -> list[ObjectCreated]:
    """Return the created objects of a notification in JSON, the oldest first.

    Other events have none, nor has the test event that S3 sends when notifications are set up.

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        The body is not a notification of S3.
    """
    records = json.loads(body).get("Records", [])
    created = [_parse_record(each) for each in records if each["eventName"].startswith("ObjectCreated:")]
    return sorted(created, key=lambda each: each.sequencer)


def _parse_record(record: dict[str, Any]) -> ObjectCreated:
    s3_object = record["s3"]["object"]
    time = datetime.fromisoformat(record["eventTime"]) if "eventTime" in record else datetime.now(UTC)
    return ObjectCreated(
        event_name=record["eventName"],
        event_time=time,
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(s3_object["key"]),
        version=s3_object.get("versionId"),
        size=int(s3_object.get("size", 0)),
        sequencer=sequencer(s3_object.get("sequencer"), time),
    )
