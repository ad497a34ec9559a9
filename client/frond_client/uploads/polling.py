"""The photos whose results have not come, and when to ask for each again."""

import heapq
from dataclasses import dataclass, field
from datetime import datetime

from frond_client.uploads.photo import Photo

# A photo is asked for again after this share of the time that it has waited, within these limits.
_SHARE = 0.25
_SHORTEST_S = 0.5
_LONGEST_S = 10.0


@dataclass(order=True)
class Awaited:
    """A photo whose result is awaited; the one to ask for first is the least.

    Attributes
    ----------
    due
        When to ask, by a clock that only goes forward; seconds.
    number
        In the order of the uploads.
    since
        When it was uploaded or first asked for, by the same clock.
    uploaded
        When it came into the uploads bucket.
    asked
        Whether it has been asked for at all.
    """

    due: float
    number: int
    since: float = field(compare=False)
    photo: Photo = field(compare=False)
    uploaded: datetime = field(compare=False)
    asked: bool = field(default=False, compare=False)


class Waiting:
    """All of them; the oldest is asked for first, and all less often the longer they wait."""

    def __init__(self) -> None:
        self._heap: list[Awaited] = []
        self._count = 0
        self._unasked = 0

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, photo: Photo, uploaded: datetime, now: float, *, fresh: bool) -> None:
        """Await a photo's result; that of a fresh upload is not asked for at once."""
        self._count += 1
        self._unasked += 1
        due = now + _SHORTEST_S if fresh else now
        heapq.heappush(self._heap, Awaited(due, self._count, now, photo, uploaded))

    def again(self, awaited: Awaited, now: float) -> None:
        """Put back what has not come."""
        pause = min(max((now - awaited.since) * _SHARE, _SHORTEST_S), _LONGEST_S)
        awaited.due = now + pause
        heapq.heappush(self._heap, awaited)

    def take(self, now: float) -> Awaited | None:
        """Return the one to ask for now, if there is one."""
        if not self._heap or self._heap[0].due > now:
            return None
        awaited = heapq.heappop(self._heap)
        self._unasked -= not awaited.asked
        awaited.asked = True
        return awaited

    @property
    def next_due(self) -> float | None:
        """When the next is to be asked for."""
        return self._heap[0].due if self._heap else None

    @property
    def all_asked(self) -> bool:
        """Whether each has been asked for at least once."""
        return self._unasked == 0

    @property
    def photos(self) -> list[Photo]:
        """The photos, in the order of their uploads."""
        return [awaited.photo for awaited in sorted(self._heap, key=lambda each: each.number)]
