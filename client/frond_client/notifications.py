"""What a message of the queues says: which object came into which bucket."""

import json
from dataclasses import dataclass
from urllib.parse import unquote_plus

from frond_client.identifiers import LENGTH


@dataclass(frozen=True)
class Notification:
    """What a message says.

    Attributes
    ----------
    keys
        Of the objects; none if the message is no notification.
    fault
        What the message is, if it is no notification.
    """

    keys: tuple[str, ...] = ()
    fault: str | None = None


def read_notification(body: str) -> Notification:
    """Return what a message's body says."""
    try:
        said = json.loads(body)
    except ValueError:
        return Notification(fault="Not a notification of S3: it is not JSON.")
    if isinstance(said, dict) and said.get("Event") == "s3:TestEvent":
        return Notification(fault="The test notification that S3 sends when a bucket is set up.")
    try:
        keys = tuple(unquote_plus(record["s3"]["object"]["key"]) for record in said["Records"])
    except (KeyError, TypeError, AttributeError):
        keys = ()
    return Notification(keys) if keys else Notification(fault="Not a notification of S3.")


def id_in_picture_key(key: str) -> str | None:
    """Return the id in a picture's key, ``<id>/<sequencer>/picture.png``; ``None`` if it is no such key."""
    identifier, _, rest = key.partition("/")
    is_id = len(identifier) == LENGTH and set(identifier) <= set("0123456789abcdef")
    return identifier if rest and is_id else None
