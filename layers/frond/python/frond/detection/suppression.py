"""Non-maximum suppression: of boxes that overlap too much, only the best is left."""

import numpy as np
from numpy.typing import NDArray


def suppress_overlaps(boxes: NDArray[np.float32], max_overlap: float, limit: int) -> NDArray[np.int64]:
    """Return the indices of the boxes that are left, in their order.

    Parameters
    ----------
    boxes
        ``float32[N, 4]``, the best first.
    max_overlap
        Largest intersection over union with a better box, 0 to 1.
    limit
        How many boxes are left at most.
    """
    left: list[int] = []
    remaining = np.arange(len(boxes))
    while len(remaining) and len(left) < limit:
        best, others = remaining[0], remaining[1:]
        left.append(int(best))
        remaining = others[overlaps(boxes[best : best + 1], boxes[others])[0] <= max_overlap]
    return np.array(left, np.int64)


def overlaps(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the intersection over union of each pair, ``float32[N, M]``, 0 to 1."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=-1)
    union = _areas(first)[:, None] + _areas(second)[None] - shared
    return np.asarray(shared / np.maximum(union, np.finfo(np.float32).tiny), np.float32)


def _areas(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.prod(boxes[:, 2:] - boxes[:, :2], axis=-1))
