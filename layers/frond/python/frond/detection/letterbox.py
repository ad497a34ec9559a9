"""The detector's input: the whole photo in a square, beside grey bars."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Middle grey, which the network's scaling maps to zero.
GREY = 127


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a photo of some size lies in the square: scaled to fit, centred.

    Attributes
    ----------
    size
        Height and width of the square, pixels.
    left, top, width, height
        The photo's place in the square, pixels.
    """

    size: int
    left: int
    top: int
    width: int
    height: int

    @classmethod
    def of(cls, width: int, height: int, size: int) -> Self:
        """Return the place of a photo of ``width`` × ``height`` pixels in a square of ``size``."""
        scale = size / max(width, height)
        inner = max(1, round(width * scale)), max(1, round(height * scale))
        return cls(size, (size - inner[0]) // 2, (size - inner[1]) // 2, *inner)

    def square(self, photo: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the photo, ``uint8[H, W, 3]``, in the square, ``uint8[size, size, 3]``."""
        small = Image.fromarray(photo).resize(
            (self.width, self.height), Image.Resampling.BILINEAR, reducing_gap=2.0
        )
        square = np.full((self.size, self.size, 3), GREY, np.uint8)
        square[self.top : self.top + self.height, self.left : self.left + self.width] = np.asarray(small)
        return square

    def to_square(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return boxes ``float32[N, 4]``, fractions of the photo, in pixels of the square."""
        scale, shift = self._scale_and_shift()
        return np.asarray(boxes * scale + shift, np.float32)

    def to_photo(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return boxes ``float32[N, 4]``, in pixels of the square, as fractions of the photo, 0 to 1."""
        scale, shift = self._scale_and_shift()
        return np.asarray(np.clip((boxes - shift) / scale, 0, 1), np.float32)

    def _scale_and_shift(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return (
            np.array([self.width, self.height] * 2, np.float32),
            np.array([self.left, self.top] * 2, np.float32),
        )
