"""A queue of pending results, each with the time of its next poll."""

import heapq
from dataclasses import dataclass, field
from datetime import datetime

from frond_client.uploads.source_photo import SourcePhoto

# The interval between polls is this share of the time since the upload, within these limits.
_INTERVAL_SHARE = 0.25
_MIN_INTERVAL_S = 0.5
_MAX_INTERVAL_S = 10.0


@dataclass(order=True)
class PendingResult:
    """A photo without a result; ordered by the time of its next poll.

    Attributes
    ----------
    due
        Time of the next poll in seconds, by the clock `time.monotonic`.
    number
        Position in the order of the uploads.
    since
        When it was added, by the same clock.
    uploaded
        Time of its upload, by the clock of S3.
    is_polled
        Whether it was polled at least once.
    """

    due: float
    number: int
    since: float = field(compare=False)
    photo: SourcePhoto = field(compare=False)
    uploaded: datetime = field(compare=False)
    is_polled: bool = field(default=False, compare=False)


class PollingQueue:
    """The pending results. The longer one is pending, the less often it is polled."""

    def __init__(self) -> None:
        self._heap: list[PendingResult] = []
        self._count = 0
        self._unpolled = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, photo: SourcePhoto, uploaded: datetime, now: float, *, is_new: bool) -> None:
        """Add a photo; the first poll of a new upload is delayed."""
        self._count += 1
        self._unpolled += 1
        due = now + _MIN_INTERVAL_S if is_new else now
        heapq.heappush(self._heap, PendingResult(due, self._count, now, photo, uploaded))

    def put_back(self, pending: PendingResult, now: float) -> None:
        """Put a result back that is still pending."""
        interval = (now - pending.since) * _INTERVAL_SHARE
        pending.due = now + min(max(interval, _MIN_INTERVAL_S), _MAX_INTERVAL_S)
        heapq.heappush(self._heap, pending)

    def pop_due(self, now: float) -> PendingResult | None:
        """Remove and return the result that is due first; ``None`` if none is due."""
        if not self._heap or self._heap[0].due > now:
            return None
        pending = heapq.heappop(self._heap)
        self._unpolled -= not pending.is_polled
        pending.is_polled = True
        return pending

    @property
    def next_due(self) -> float | None:
        """Time of the next poll."""
        return self._heap[0].due if self._heap else None

    @property
    def all_polled(self) -> bool:
        """Whether each result was polled at least once."""
        return self._unpolled == 0

    @property
    def photos(self) -> list[SourcePhoto]:
        """The photos, in the order of their uploads."""
        return [pending.photo for pending in sorted(self._heap, key=lambda each: each.number)]
