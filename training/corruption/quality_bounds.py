"""Fit the bounds of blur and darkness to a model's own validation photos."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from frond.image_quality import QualityBounds, blur_effect, brightness, halve, luma, sharpness
from frond.preprocessing import PreprocessingSpec, read_photo
from training.corruption.corruptions import ENCODINGS, GOOD, Corruption

# The blur to be found: it takes the details by which seedlings at 224 px differ.
BLURRED = Corruption(radius=4)
# Share of the blurred photos that are looked at for blur: the rest have more detail than good photos.
FOUND = 0.98
# Shares of good photos that may be flagged as without detail, as soft and blurred, and as dark.
WITHOUT_DETAIL, SOFT, DARK = 0.0005, 0.003, 0.0015
# About how many of the photos are blurred, evenly spread.
MAX_BLURRED = 60

Measures = NDArray[np.float64]


def fit_bounds(pictures: Sequence[NDArray[np.uint8]], spec: PreprocessingSpec) -> QualityBounds:
    """Return the strictest bounds that flag less than half a point of good photos, in any encoding.

    Parameters
    ----------
    pictures
        Of the validation split, ``uint8[S, S, 3]`` each.
    """
    blur, sharp, bright = _measure_all(pictures, GOOD, spec)
    soft = float(
        np.quantile(_measure_all(pictures[:: max(1, len(pictures) // MAX_BLURRED)], BLURRED, spec)[1], FOUND)
    )
    effects = np.where(sharp < soft, blur, 0)
    return QualityBounds(
        min_sharpness=min(soft, float(np.quantile(sharp, WITHOUT_DETAIL))),
        soft_sharpness=soft,
        max_blur_effect=float(np.quantile(effects, 1 - SOFT)),
        min_brightness=float(np.quantile(bright, DARK)),
    )


def _measure_all(
    pictures: Sequence[NDArray[np.uint8]], corruption: Corruption, spec: PreprocessingSpec
) -> Measures:
    """Return blur effect, sharpness and brightness, ``float64[3, N]``, of every picture in every encoding."""
    rows = [_measure(pixels) for each in pictures for pixels in _encoded(each, corruption, spec)]
    return np.array(rows).T


def _encoded(
    picture: NDArray[np.uint8], corruption: Corruption, spec: PreprocessingSpec
) -> Iterator[NDArray[np.uint8]]:
    """Yield a corrupted picture as it is read back from every encoding."""
    for encoder in ENCODINGS.values():
        yield read_photo(encoder(corruption.apply(picture)), spec).pixels


def _measure(pixels: NDArray[np.uint8]) -> tuple[float, float, float]:
    grey = luma(pixels)
    half = halve(grey)
    return blur_effect(half), sharpness(half), brightness(grey)
