"""Background crops: the parts of photos without a green plant, such as soil, pots and labels."""

import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.errors import TrainingError

# Excess green (Woebbecke et al. 1995, doi:10.13031/2013.27838), of colours that add up to 1.
GREEN = 0.06
# Of the photo's side; smaller crops would be too blurred when enlarged.
SIDES = (1 / 3, 1 / 2, 2 / 3)
STRIDE = 1 / 12
# Share of a window that may be green, because single grains of soil are.
TOLERATED = 0.002
# Of a photo of a green plant, at least; every one of 150 seedlings has more, of 150 fruits two in five.
PLANT = 0.01
# Share of the photos that show a green plant, below which squares without green may be pieces of plants.
GREEN_PLANTS = 0.9
SAMPLE = 200


class Window(NamedTuple):
    """A square of an image: its index, then pixels."""

    picture: int
    top: int
    left: int
    side: int


def green_share(pictures: NDArray[np.uint8], indices: NDArray[np.int64]) -> float:
    """Return the share of the photos that show something green, 0 to 1, of a sample; see :data:`PLANT`."""
    drawn = np.random.default_rng(0).permutation(indices)[:SAMPLE]
    return (
        float(np.mean([_is_green(pictures[index]).mean() > PLANT for index in drawn])) if len(drawn) else 0.0
    )


def advice(share: float) -> str | None:
    """Return a warning for plants that are not green, by :func:`green_share`; None for green ones."""
    if share >= GREEN_PLANTS:
        return None
    return (
        f"Only {share:.0%} of the photos show something green. These plants are not green, so squares "
        "without green may show the plants themselves: train with textures alone, not with bare_ground."
    )


class BackgroundCrops:
    """The largest square without a plant of each image that has one.

    Parameters
    ----------
    pictures
        ``uint8[N, S, S, 3]``.
    indices
        The images to search.
    """

    def __init__(self, pictures: NDArray[np.uint8], indices: NDArray[np.int64]) -> None:
        self.pictures = pictures
        windows = (_largest_window(pictures[index], int(index)) for index in indices)
        self.windows = [window for window in windows if window]

    def sample(self, count: int, random: np.random.Generator) -> NDArray[np.uint8]:
        """Sample squares and enlarge them to the images' size, ``uint8[count, S, S, 3]``."""
        size = self.pictures.shape[1]
        sampled = np.empty((count, size, size, 3), dtype=np.uint8)
        for picture in sampled:
            picture[:] = self.enlarged(self.windows[random.integers(len(self.windows))])
        return sampled

    def save(self, directory: Path) -> None:
        """Write every square to a new folder, as a PNG file named by its image's index.

        Raises
        ------
        training.errors.TrainingError
            The folder exists, or there is no square.
        """
        if directory.exists():
            raise TrainingError(f"{directory} exists already; remove it or name another folder.")
        if not self.windows:
            raise TrainingError("No photo has a square of a third of its side without green.")
        directory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=directory.parent, prefix=".background-") as scratch:
            draft = Path(scratch) / "squares"
            draft.mkdir()
            for window in self.windows:
                Image.fromarray(self.enlarged(window)).save(draft / f"{window.picture:06d}.png")
            draft.rename(directory)

    def enlarged(self, window: Window) -> NDArray[np.uint8]:
        """Enlarge a square to the images' size, ``uint8[S, S, 3]``."""
        photo = Image.fromarray(self.pictures[window.picture])
        right, bottom = window.left + window.side, window.top + window.side
        box = (window.left, window.top, right, bottom)
        return np.asarray(photo.resize(photo.size, Image.Resampling.BICUBIC, box=box))


def _largest_window(picture: NDArray[np.uint8], index: int) -> Window | None:
    size = len(picture)
    # With an integral image, the sum over any rectangle is four look-ups.
    integral = np.pad(_is_green(picture), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    for side in sorted((round(share * size) for share in SIDES), reverse=True):
        starts = np.arange(0, size - side + 1, max(round(STRIDE * size), 1))
        ends = starts + side
        rows = integral[ends] - integral[starts]
        green = rows[:, ends] - rows[:, starts]
        if green.min() <= TOLERATED * side**2:
            top, left = np.unravel_index(green.argmin(), green.shape)
            return Window(index, int(starts[top]), int(starts[left]), side)
    return None


def _is_green(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    red, green, blue = np.moveaxis(picture.astype(np.int64), 2, 0)
    excess: NDArray[np.bool_] = 2 * green - red - blue > GREEN * (red + green + blue)
    return excess.astype(np.int64)
