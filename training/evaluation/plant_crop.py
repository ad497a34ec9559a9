"""Crop a photo to its plant, which in photos of seedlings may be a leaf before much soil."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

# Excess green index, 2g - r - b of chromatic coordinates: soil is near 0, leaves are above 0.1.
# Woebbecke et al. 1995, Color indices for weed identification, Transactions of the ASAE 38(1).
LEAF: Final = 0.1
# Fewer leaf pixels are noise, and no plant to crop to.
MIN_SHARE: Final = 0.01
# Stray green pixels at the edges of the plant are left out of its box.
OUTSIDE_PERCENT: Final = 2
MARGIN: Final = 0.15


def leaf_mask(picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Return which pixels of ``uint8[H, W, 3]`` are green leaves."""
    red, green, blue = np.moveaxis(picture.astype(np.float32), -1, 0)
    leaf: NDArray[np.bool_] = (2 * green - red - blue) > LEAF * (red + green + blue + 1)
    return leaf


def crop_to_plant(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the square around the plant of ``uint8[S, S, 3]``, at least half as wide as the picture.

    A picture without green leaves is returned whole.
    """
    mask = leaf_mask(picture)
    if mask.mean() < MIN_SHARE:
        return picture
    side = picture.shape[0]
    percent = (OUTSIDE_PERCENT, 100 - OUTSIDE_PERCENT)
    (top, bottom), (left, right) = (np.percentile(places, percent) for places in np.nonzero(mask))
    width = max(bottom - top, right - left) * (1 + 2 * MARGIN)
    width = int(np.clip(np.ceil(width), side // 2, side))
    y, x = (_start(low, high, width, side) for low, high in ((top, bottom), (left, right)))
    return picture[y : y + width, x : x + width]


def _start(low: float, high: float, width: int, side: int) -> int:
    """Return where a window around an interval begins, moved inside the picture."""
    return int(np.clip((low + high - width) / 2, 0, side - width))
