"""What S3's notifications tell and moto's do not: the version, and the order of a key's changes."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.s3 import notifications

_lock = threading.Lock()
_latest = 0


@contextmanager
def complete_notifications() -> Iterator[None]:
    """Complete the notifications that moto sends, for as long as the context lasts."""
    incomplete = notifications._get_s3_event  # noqa: SLF001 - moto has no other place for it

    def complete(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
        event: dict[str, Any] = incomplete(event_name, bucket, key, notification_id)
        thing = event["Records"][0]["s3"]["object"]
        thing["sequencer"] = _sequencer()
        if bucket.is_versioned:
            thing["versionId"] = key.version_id
        return event

    with patch.object(notifications, "_get_s3_event", complete):
        yield


def _sequencer() -> str:
    """Return hexadecimal digits that grow from call to call, the seconds first, as S3's do."""
    global _latest  # noqa: PLW0603 - one order for the whole process, whoever asks
    with _lock:
        _latest = max(_latest + 1, time.time_ns())
        seconds, nanoseconds = divmod(_latest, 1_000_000_000)
        return f"00{seconds:08X}{nanoseconds // 1000:08X}{nanoseconds % 1000:04X}"
