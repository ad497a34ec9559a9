"""What the head should predict at each position (FCOS, Tian et al. 2019, arXiv:1904.01355)."""

import numpy as np
from numpy.typing import NDArray

from training.detection.target_rule import CENTRE_RADIUS, LEAST_DISTANCE

# Channels of a target: whether there is a plant (1, 0, or -1 where either is right), its class (-1: none),
# and the distances to its edges in strides.
CHANNELS = 6

Floats = NDArray[np.float32]


def make_targets(
    boxes: Floats, classes: NDArray[np.int64], difficult: NDArray[np.bool_], size: int, stride: int
) -> Floats:
    """Return the target of a photo, ``float32[R, C, 6]``.

    Where plants overlap, a position predicts the smaller one.

    Parameters
    ----------
    boxes
        ``float32[N, 4]``, pixels of the square.
    classes
        ``int64[N]``; -1 for a plant of no class.
    difficult
        ``bool[N]``: boxes that neither count as plants nor as ground.
    size
        Height and width of the square, pixels.
    """
    cells = -(-size // stride)
    target = np.zeros((cells, cells, CHANNELS), np.float32)
    target[..., 1] = -1
    y, x = np.mgrid[:cells, :cells].astype(np.float32) + 0.5
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    for number in np.argsort(-areas, kind="stable"):
        left, top, right, bottom = boxes[number] / stride
        distances = np.stack([x - left, y - top, right - x, bottom - y], axis=-1)
        inside = distances.min(axis=-1) > 0
        if difficult[number]:
            target[inside & (target[..., 0] == 0), 0] = -1
            continue
        middle_x, middle_y = (left + right) / 2, (top + bottom) / 2
        near = np.maximum(np.abs(x - middle_x), np.abs(y - middle_y)) <= CENTRE_RADIUS
        chosen = inside & near
        if not chosen.any():
            # A plant between the positions: the nearest one predicts it.
            row, column = (int(np.clip(middle, 0, cells - 1)) for middle in (middle_y, middle_x))
            chosen[row, column] = True
        target[chosen, 0], target[chosen, 1] = 1, classes[number]
        target[chosen, 2:] = np.maximum(distances, LEAST_DISTANCE)[chosen]
    return target
