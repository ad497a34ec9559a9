"""Image quality checks on the model's input: size, blur, exposure and greenness.

The thresholds come from degraded photos of seedlings: each lies where the model begins to fail and almost no
photo of the data set is flagged (docs/01-preprocessing.md).
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from frond.preprocessing import Photo

Issue = Literal["too_small", "blurred", "too_dark", "too_bright", "no_green"]

# A photo is too small if its shorter side is so many times smaller than the model's input.
_ENLARGED = 3
# Grey levels: bounds of the 5th percentile (too bright above) and of the 95th (too dark below).
_DARKEST_BRIGHT, _BRIGHTEST_DARK = 110, 60
# Standard deviation of the Laplacian, in grey levels; blurred below.
_MIN_SHARPNESS = 1.7
_GREEN, _MIN_GREENNESS = 0.05, 0.005


def issues(photo: Photo) -> list[Issue]:
    """Return the quality issues of a photo; an empty list if it has none.

    A photo that is too dark is not reported as blurred, too.
    """
    grey = _grey(photo.pixels)
    darkest, brightest = _extremes(grey)
    too_dark = brightest < _BRIGHTEST_DARK
    checks: dict[Issue, bool] = {
        "too_small": min(photo.width, photo.height) * _ENLARGED < photo.pixels.shape[0],
        "blurred": not too_dark and sharpness(grey) < _MIN_SHARPNESS,
        "too_dark": too_dark,
        "too_bright": darkest > _DARKEST_BRIGHT,
        "no_green": greenness(photo.pixels) < _MIN_GREENNESS,
    }
    return [issue for issue, present in checks.items() if present]


def sharpness(grey: NDArray[np.float32]) -> float:
    """Return the standard deviation of the Laplacian of ``float32[H, W]``, in grey levels, from 0.

    Its square is the focus measure of Pech-Pacheco et al. 2000 (doi:10.1109/ICPR.2000.903548).
    """
    edges = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * grey[1:-1, 1:-1]
    return float(edges.std())


def greenness(pixels: NDArray[np.uint8]) -> float:
    """Return the share of green pixels of ``uint8[H, W, 3]``, 0 to 1.

    By the excess green index 2g - r - b of Woebbecke et al. 1995 (doi:10.13031/2013.27838).
    """
    total = np.maximum(pixels.sum(axis=-1, dtype=np.int32), 1)
    excess = 3 * pixels[..., 1].astype(np.int32) - total  # 2g - r - b, before it is divided by the sum
    return float((excess > _GREEN * total).mean())


def _extremes(grey: NDArray[np.float32]) -> tuple[float, float]:
    """Return the 5th and the 95th percentile, without numpy.percentile, which imports masked arrays."""
    count = round(0.05 * grey.size)
    ordered = np.partition(grey, (count, -count - 1), axis=None)
    return float(ordered[count]), float(ordered[-count - 1])


def _grey(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the luma of ITU-R BT.601, as in Pillow's mode L."""
    return pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
