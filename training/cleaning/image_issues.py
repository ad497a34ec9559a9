"""Photos that show no plant: black, blank or noise, or without anything green."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Grey levels of 255: a photo through a closed shutter, and one of a sheet of paper.
DARK, FLAT = 16, 4
# Correlation of neighbouring pixels in a row; photos are above 0.9, also coarse gravel.
NOISE = 0.5
# Excess green (Woebbecke et al. 1995), of colours that add up to 1, and the least share of a photo.
GREEN, MIN_GREEN = 0.06, 0.001


class ImageStatistics(NamedTuple):
    """Grey levels, smoothness and greenness of a photo."""

    mean: float
    spread: float
    smoothness: float
    green: float

    def issue(self, *, green_plants: bool) -> str | None:
        """Return what is wrong with the photo; None if nothing is.

        Parameters
        ----------
        green_plants
            Whether the data set is of green plants, so that a photo without green has none.
        """
        if self.mean < DARK:
            return "black"
        if self.spread < FLAT:
            return "blank"
        if self.smoothness < NOISE:
            return "noise"
        return "no green" if green_plants and self.green < MIN_GREEN else None


def image_statistics(picture: NDArray[np.uint8]) -> ImageStatistics:
    """Measure an image ``uint8[S, S, 3]``."""
    grey = np.asarray(Image.fromarray(picture).convert("L"), dtype=np.float32)
    left, right = grey[:, :-1] - grey.mean(), grey[:, 1:] - grey.mean()
    smoothness = float((left * right).sum() / max(float(np.sqrt((left**2).sum() * (right**2).sum())), 1e-6))
    red, greens, blue = np.moveaxis(picture.astype(np.int32), 2, 0)
    green = float((2 * greens - red - blue > GREEN * (red + greens + blue)).mean())
    return ImageStatistics(float(grey.mean()), float(grey.std()), smoothness, green)


def are_green_plants(statistics: list[ImageStatistics]) -> bool:
    """Return whether nine of ten photos show something green."""
    return bool(np.mean([one.green >= MIN_GREEN for one in statistics]) >= 0.9)
