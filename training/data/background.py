"""The parts of photos of green plants where there is no plant: ground, pots, labels."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.errors import TrainingError

# Excess green (Woebbecke et al. 1995, doi:10.13031/2013.27838), of colours that add up to 1.
GREEN = 0.06
# Of the photo's side; smaller ones would be all blur when enlarged.
SIDES = (1 / 3, 1 / 2, 2 / 3)
STRIDE = 1 / 12
# Share of a window that may be green: single grains are, by chance.
TOLERATED = 0.002


class Window(NamedTuple):
    """A square of a picture: which picture, then pixels."""

    picture: int
    top: int
    left: int
    side: int


class BareGround:
    """Squares without a plant in some of a data set's pictures, at most one a picture: the largest.

    Parameters
    ----------
    pictures
        ``uint8[N, S, S, 3]``.
    indices
        Which of them to search.
    """

    def __init__(self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]) -> None:
        self.pictures = pictures
        found = (_bare_window(pictures[index], int(index)) for index in indices)
        self.windows = [window for window in found if window]

    def draw(self, count: int, draw: np.random.Generator) -> NDArray[np.uint8]:
        """Return some of the squares, enlarged to whole pictures, ``uint8[count, S, S, 3]``."""
        size = self.pictures.shape[1]
        drawn = np.empty((count, size, size, 3), dtype=np.uint8)
        for picture in drawn:
            picture[:] = self.enlarged(self.windows[draw.integers(len(self.windows))])
        return drawn

    def save(self, directory: Path) -> None:
        """Write every square as a PNG file, named by its picture's number, into a new folder.

        Raises
        ------
        training.errors.TrainingError
            The folder exists, or there is no square to write.
        """
        if directory.exists():
            raise TrainingError(f"{directory} exists already; remove it or name another folder.")
        if not self.windows:
            raise TrainingError("No photo shows a square of a third of its side without anything green.")
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".bare-ground-") as scratch:
            draft = Path(scratch) / "squares"
            draft.mkdir()
            for window in self.windows:
                Image.fromarray(self.enlarged(window)).save(draft / f"{window.picture:06d}.png")
            draft.rename(directory)

    def enlarged(self, window: Window) -> NDArray[np.uint8]:
        """Return a square as a whole picture, ``uint8[S, S, 3]``."""
        photo = Image.fromarray(self.pictures[window.picture])
        right, bottom = window.left + window.side, window.top + window.side
        box = (window.left, window.top, right, bottom)
        return np.asarray(photo.resize(photo.size, Image.Resampling.BICUBIC, box=box))


def _bare_window(picture: NDArray[np.uint8], index: int) -> Window | None:
    size = len(picture)
    # Any rectangle's share of green is four look-ups in the running sums.
    sums = np.pad(_is_green(picture), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    for side in sorted((round(share * size) for share in SIDES), reverse=True):
        starts = np.arange(0, size - side + 1, max(round(STRIDE * size), 1))
        ends = starts + side
        rows = sums[ends] - sums[starts]
        green = rows[:, ends] - rows[:, starts]
        if green.min() <= TOLERATED * side**2:
            top, left = np.unravel_index(green.argmin(), green.shape)
            return Window(index, int(starts[top]), int(starts[left]), side)
    return None


def _is_green(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    red, green, blue = np.moveaxis(picture.astype(np.int64), 2, 0)
    excess: NDArray[np.bool_] = 2 * green - red - blue > GREEN * (red + green + blue)
    return excess.astype(np.int64)
