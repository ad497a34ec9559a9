"""Add ``versionId`` and ``sequencer`` to moto's S3 notifications, as S3 sends them."""

import random
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
    """Add the missing members to moto's notifications while the context is open."""
    incomplete = notifications._get_s3_event  # noqa: SLF001 - moto has no public hook for it

    def complete(event_name: str, bucket: Any, key: Any, notification_id: str) -> dict[str, Any]:
        event: dict[str, Any] = incomplete(event_name, bucket, key, notification_id)
        s3_object = event["Records"][0]["s3"]["object"]
        s3_object["sequencer"] = _sequencer()
        if bucket.is_versioned:
            s3_object["versionId"] = key.version_id
        return event

    with patch.object(notifications, "_get_s3_event", complete):
        yield


def _sequencer() -> str:
    """Return a sequencer of S3's form, such as ``0055AED6DCD90281E5``.

    It increases with every call. Its digits after the seconds are arbitrary, so that no clock can be compared
    with it.
    """
    global _latest  # noqa: PLW0603 - one order for all threads of the process
    with _lock:
        arbitrary = int(time.time()) << 32 | random.getrandbits(32)
        _latest = max(_latest + 1, arbitrary)
        return f"00{_latest:016X}"
