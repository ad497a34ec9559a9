"""Match detections with true boxes at one intersection over union."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frond.detection.suppression import overlaps

OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Matches:
    """The true box of each detection, ``int64[N]``: -1 for none, -2 for one that does not count."""

    boxes: NDArray[np.int64]

    @property
    def counted(self) -> NDArray[np.bool_]:
        """Which detections count: all but those of a difficult box."""
        return np.asarray(self.boxes != -2)

    @property
    def right(self) -> NDArray[np.bool_]:
        """Which detections are of a plant."""
        return np.asarray(self.boxes >= 0)


def match(found: NDArray[np.float32], true: NDArray[np.float32], difficult: NDArray[np.bool_]) -> Matches:
    """Match each detection with the true box that it overlaps most, the highest score first.

    Parameters
    ----------
    found
        ``float32[N, 4]``, the highest score first.
    true
        ``float32[M, 4]``; each is matched once.
    difficult
        ``bool[M]``: boxes that do not count, found or not.
    """
    matched = np.full(len(found), -1, np.int64)
    if not len(true):
        return Matches(matched)
    shared = overlaps(found, true)
    free = np.ones(len(true), np.bool_)
    for number, row in enumerate(shared):
        left = np.where(free & (row >= OVERLAP), row, 0)
        best = int(left.argmax())
        if left[best]:
            matched[number] = -2 if difficult[best] else best
            free[best] = bool(difficult[best])
    return Matches(matched)
