"""What makes a photo hard to judge, measured cheaply on the picture that the model looks at.

Each measure was tried on photos of seedlings that were spoiled on purpose: its bound lies where the model
begins to fail and where next to no photo of the data set is complained of (docs/01-preprocessing.md).
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from frond.preprocessing import Photo

Issue = Literal["too_small", "blurred", "too_dark", "too_bright", "no_green"]

# A photo whose shorter side is so many times smaller than the model's picture has lost what it would look at.
_ENLARGED = 3
# Grey levels that all but the darkest, or the brightest, twentieth of the picture stay above, or below.
_DARKEST_BRIGHT, _BRIGHTEST_DARK = 110, 60
# Standard deviation of the Laplacian, in grey levels.
_FLAT = 1.7
_GREEN, _LEAST_GREEN = 0.05, 0.005


def issues(photo: Photo) -> list[Issue]:
    """Return what is wrong with a photo; nothing, most of the time.

    A photo in which hardly anything can be seen is not called blurred as well.
    """
    grey = _grey(photo.pixels)
    darkest, brightest = _extremes(grey)
    too_dark = brightest < _BRIGHTEST_DARK
    found: dict[Issue, bool] = {
        "too_small": min(photo.width, photo.height) * _ENLARGED < photo.pixels.shape[0],
        "blurred": not too_dark and sharpness(grey) < _FLAT,
        "too_dark": too_dark,
        "too_bright": darkest > _DARKEST_BRIGHT,
        "no_green": greenness(photo.pixels) < _LEAST_GREEN,
    }
    return [issue for issue, there in found.items() if there]


def sharpness(grey: NDArray[np.float32]) -> float:
    """Return the standard deviation of the Laplacian of ``float32[H, W]``, in grey levels, from 0.

    Its square is the measure of focus of Pech-Pacheco et al. 2000 (doi:10.1109/ICPR.2000.903548).
    """
    edges = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    return float(edges.std())


def greenness(pixels: NDArray[np.uint8]) -> float:
    """Return the share of ``uint8[H, W, 3]``, 0 to 1, that is greener than it is red or blue.

    By the excess green index 2g - r - b of Woebbecke et al. 1995 (doi:10.13031/2013.27838).
    """
    total = np.maximum(pixels.sum(axis=-1, dtype=np.int32), 1)
    excess = 3 * pixels[..., 1].astype(np.int32) - total  # 2g - r - b, before it is divided by the sum
    return float((excess > _GREEN * total).mean())


def _extremes(grey: NDArray[np.float32]) -> tuple[float, float]:
    """Return the 5th and the 95th percentile; NumPy's function imports its masked arrays for it."""
    count = round(0.05 * grey.size)
    ordered = np.partition(grey, (count, -count - 1), axis=None)
    return float(ordered[count]), float(ordered[-count - 1])


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma of ITU-R BT.601, which Pillow's mode L has, too."""
    return pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
