"""What S3 tells when objects are made."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from frond.uploads import Upload, sequencer


@dataclass(frozen=True, slots=True)
class Landed:
    """A photo that landed, and how many bytes it has by the notification."""

    upload: Upload
    size: int


def landed_in(notification: str) -> Iterator[Landed]:
    """Return the uploads that a notification tells of, the oldest first.

    The test event that S3 sends when notifications are set up tells of none. Keys arrive encoded as in
    a form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

    Raises
    ------
    ValueError, KeyError, TypeError, AttributeError
        It is no notification of S3's.
    """
    records = json.loads(notification).get("Records", [])
    landed = [_landed(record) for record in records if record["eventName"].startswith("ObjectCreated:")]
    yield from sorted(landed, key=lambda each: each.upload.sequencer)


def _landed(record: dict[str, Any]) -> Landed:
    thing = record["s3"]["object"]
    at = datetime.fromisoformat(record["eventTime"]) if "eventTime" in record else datetime.now(UTC)
    upload = Upload(
        bucket=record["s3"]["bucket"]["name"],
        key=unquote_plus(thing["key"]),
        version=thing.get("versionId"),
        sequencer=sequencer(thing.get("sequencer"), at),
        created_at=at,
    )
    return Landed(upload, int(thing["size"]))
