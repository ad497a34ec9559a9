"""Notifications of created S3 objects: from S3 itself, from EventBridge, and wrapped by SNS.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html

A message that is none of these raises :class:`UnknownMessageError`: it returns to its queue and ends in the
dead-letter queue, where an alarm reports it. Only events that create no object are acknowledged.

Powertools' `S3Event` decodes the key of its first record only, and raises `KeyError` for S3's test event.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from frond.s3_upload import Upload, sequencer

_CREATED = "ObjectCreated:"
# Events of S3 that create no object.
_OTHER_EVENTS = (
    "ObjectRemoved:",
    "ObjectTagging:",
    "ObjectAcl:",
    "ObjectRestore:",
    "LifecycleExpiration:",
    "LifecycleTransition",
    "IntelligentTiering",
    "Replication:",
    "ReducedRedundancyLostObject",
    "TestEvent",
)
_TEST_EVENT = "s3:TestEvent"
_EVENTBRIDGE_CREATED = "Object Created"
_EVENTBRIDGE_EVENTS = "Object "
_EVENTBRIDGE_SOURCE = "aws.s3"
# The console ends the key of a folder with a slash, Hadoop with this suffix.
_FOLDER_SUFFIXES = ("/", "_$folder$")


class UnknownMessageError(ValueError):
    """A message that is no notification of S3."""


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
        Decoded: S3 encodes it as in an HTML form, EventBridge does not.
    version
        Of the object; None in a bucket without versions.
    size
        In bytes; 0 if the notification has none.
    sequencer
        Comparable as text with those of the same key; see :func:`frond.s3_upload.sequencer`.
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

    @property
    def is_folder(self) -> bool:
        """Whether the object only marks a folder, as the S3 console creates it: it has no bytes."""
        return self.size == 0 and self.key.endswith(_FOLDER_SUFFIXES)


def parse_s3_event(body: str) -> list[ObjectCreated]:
    """Return the created objects of a notification in JSON, the oldest first.

    Other events of S3 have none, nor has the test event that S3 sends when notifications are set up. An
    object that only marks a folder is no photo and is left out.

    Raises
    ------
    UnknownMessageError
        The body is not a notification of S3.
    """
    try:
        created = _parse_message(json.loads(body))
    except UnknownMessageError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UnknownMessageError(f"not a notification of S3 ({type(error).__name__}: {error})") from error
    return sorted((each for each in created if not each.is_folder), key=lambda each: each.sequencer)


def _parse_message(message: Any) -> list[ObjectCreated]:
    if not isinstance(message, dict):
        raise UnknownMessageError("not a notification of S3: the message is not a JSON object")
    if message.get("Records"):
        return [_parse_record(each) for each in message["Records"] if _is_created(each)]
    if message.get("Event") == _TEST_EVENT:
        return []
    if message.get("Type") == "Notification" and "TopicArn" in message:
        return _parse_message(json.loads(message["Message"]))
    # CloudTrail's events have the same source.
    if message.get("source") == _EVENTBRIDGE_SOURCE and message["detail-type"].startswith(
        _EVENTBRIDGE_EVENTS
    ):
        return [_parse_event(message)] if message["detail-type"] == _EVENTBRIDGE_CREATED else []
    raise UnknownMessageError(f"not a notification of S3: its members are {sorted(message)}")


def _is_created(record: dict[str, Any]) -> bool:
    """Return whether a record is about a new object.

    Raises
    ------
    UnknownMessageError
        Its event is not one of S3.
    """
    name = record["eventName"].removeprefix("s3:")
    if not name.startswith((_CREATED, *_OTHER_EVENTS)):
        raise UnknownMessageError(f"not an event of S3: {name}")
    return bool(name.startswith(_CREATED))


def _parse_record(record: dict[str, Any]) -> ObjectCreated:
    """Return an object of a notification that S3 sent itself."""
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


def _parse_event(event: dict[str, Any]) -> ObjectCreated:
    """Return the object of an EventBridge event, whose key is not encoded."""
    detail, time = event["detail"], datetime.fromisoformat(event["time"])
    s3_object = detail["object"]
    return ObjectCreated(
        event_name=f"{_CREATED}{detail.get('reason', '')}",
        event_time=time,
        bucket=detail["bucket"]["name"],
        key=s3_object["key"],
        version=s3_object.get("version-id"),
        size=int(s3_object.get("size", 0)),
        sequencer=sequencer(s3_object.get("sequencer"), time),
    )
