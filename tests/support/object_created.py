"""S3 event notifications as S3 sends them."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

EVENT_TIME = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)


def object_created(
    bucket: str, *keys: str, size: int = 1, at: datetime = EVENT_TIME, **members: Any
) -> dict[str, Any]:
    """Return the notification of new objects.

    Parameters
    ----------
    bucket
        Name of their bucket.
    keys
        Their keys; S3 sends them URL-encoded.
    size
        In bytes.
    at
        Time of the event.
    members
        Further members of each object, such as `sequencer` and `versionId`.
    """
    return {
        "Records": [
            {
                "eventName": "ObjectCreated:Put",
                "eventTime": at.isoformat(),
                "s3": {
                    "bucket": {"name": bucket},
                    "object": {"key": quote_plus(key), "size": size, **members},
                },
            }
            for key in keys
        ]
    }
