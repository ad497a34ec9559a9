"""Photos that show no plant: black, blank or noise, or without anything green."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Grey levels of 255: a photo through a closed shutter, and one of a sheet of paper.
DARK, FLAT = 16, 4
# A photo that is less than half as bright as the median one was not taken like the others.
RELATIVELY_DARK = 0.5
# Correlation of neighbouring pixels in a row; photos are above 0.5, also of coarse sand.
NOISE = 0.3
# Excess green (Woebbecke et al. 1995) of colours that add up to 1, on a grid of cells, so that green grains
# of soil and the sensor's noise do not count; and the least share of the cells.
GREEN, CELLS, MIN_GREEN = 0.15, 56, 0.0005


class ImageStatistics(NamedTuple):
    """Mean and spread in grey levels, smoothness (-1 to 1) and share of green cells of a photo."""

    mean: float
    spread: float
    smoothness: float
    green: float


def find_image_issues(pictures: NDArray[np.uint8]) -> dict[int, str]:
    """Return what is wrong with images ``uint8[N, S, S, 3]``, by index.

    A photo without green is an issue only where nine of ten photos show green.
    """
    statistics = [image_statistics(picture) for picture in pictures]
    median = float(np.median([one.mean for one in statistics])) if statistics else 0.0
    are_green = np.mean([one.green >= MIN_GREEN for one in statistics] or [False]) >= 0.9
    found = {number: _issue(one, median, are_green=bool(are_green)) for number, one in enumerate(statistics)}
    return {number: issue for number, issue in found.items() if issue}


def image_statistics(picture: NDArray[np.uint8]) -> ImageStatistics:
    """Measure an image ``uint8[S, S, 3]``."""
    photo = Image.fromarray(picture)
    grey = np.asarray(photo.convert("L"), dtype=np.float32)
    left, right = grey[:, :-1] - grey.mean(), grey[:, 1:] - grey.mean()
    product = float(np.sqrt((left**2).sum() * (right**2).sum()))
    cells = np.asarray(photo.resize((CELLS, CELLS), Image.Resampling.BOX), dtype=np.float32)
    red, green, blue = np.moveaxis(cells, 2, 0)
    excess = 2 * green - red - blue > GREEN * (red + green + blue)
    return ImageStatistics(
        float(grey.mean()),
        float(grey.std()),
        float((left * right).sum()) / product if product else 1.0,
        float(excess.mean()),
    )


def _issue(one: ImageStatistics, median: float, *, are_green: bool) -> str | None:
    if one.mean < DARK:
        return "black"
    if one.spread < FLAT:
        return "blank"
    if one.smoothness < NOISE:
        return "noise"
    if are_green and one.green < MIN_GREEN:
        return "no green plant"
    return "dark" if one.mean < RELATIVELY_DARK * median else None
