"""The classifier's input for one plant of a photo: the square around its box."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Edges = tuple[float, float, float, float]


def crop_plant(photo: NDArray[np.uint8], edges: Edges, size: int) -> NDArray[np.uint8]:
    """Return the square around a plant, scaled to the classifier's input.

    The square has the box's longer side and its centre. It is moved where it would leave the photo, and its
    side is the photo's shorter one at most.

    Parameters
    ----------
    photo
        ``uint8[H, W, 3]``.
    edges
        The left, upper, right and lower edge, in pixels of ``photo``.
    size
        Height and width of the result, ``uint8[size, size, 3]``.
    """
    height, width = photo.shape[:2]
    left, top, right, bottom = edges
    side = min(max(right - left, bottom - top, 1.0), width, height)
    x = _start((left + right) / 2, side, width)
    y = _start((top + bottom) / 2, side, height)
    # Pillow copies an array; the plant's part of it is small.
    rows = slice(int(y), min(int(np.ceil(y + side)), height))
    columns = slice(int(x), min(int(np.ceil(x + side)), width))
    part = Image.fromarray(np.ascontiguousarray(photo[rows, columns]))
    x, y = x - columns.start, y - rows.start
    box = (x, y, min(x + side, part.width), min(y + side, part.height))
    return np.asarray(part.resize((size, size), Image.Resampling.BILINEAR, box=box), dtype=np.uint8)


def _start(centre: float, side: float, length: int) -> float:
    """Return where a side begins, so that it lies within the photo."""
    return min(max(centre - side / 2, 0.0), length - side)
