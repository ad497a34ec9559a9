"""The 256-bit difference hash of a picture, by which near-duplicates are found."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HASH_SIDE = 16
HASH_BYTES = HASH_SIDE * HASH_SIDE // 8


def difference_hash(pixels: NDArray[np.uint8]) -> bytes:
    """Return whether each of 16 × 16 grey cells of ``uint8[H, W, 3]`` is brighter than its left one."""
    grey = Image.fromarray(pixels).convert("L").resize((HASH_SIDE + 1, HASH_SIDE), Image.Resampling.BOX)
    cells = np.asarray(grey, dtype=np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes()
