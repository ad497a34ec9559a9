"""The inputs that a detector learns from: the pixels of scenes, or a frozen stem's features of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from training.detection.detection_dataset import DetectionDataset
from training.detection.detection_network import Shape
from training.detection.views import VIEWS, view_of
from training.errors import TrainingError
from training.progress import track

COMPUTED_AT_ONCE = 8

Floats = NDArray[np.float32]


class SceneFeatures(Protocol):
    """The features of the scenes of a split, in one or more views."""

    @property
    def views(self) -> int:
        """The number of views; view 0 is the scene as it is."""

    @property
    def maps(self) -> Sequence[Shape] | None:
        """The shapes of the feature maps; None for pixels."""

    def read(self, chosen: NDArray[np.int64], view: int) -> Floats | tuple[Floats, ...]:
        """Return some scenes in a view, as the network takes them: ``float32[N, R, C, F]`` of each map."""


class Pixels:
    """Scenes as they are, ``uint8[N, S, S, 3]``, in all views."""

    views, maps = VIEWS, None

    def __init__(self, dataset: DetectionDataset, indices: NDArray[np.int64]) -> None:
        self.pictures, self.indices = dataset.pictures, indices

    def read(self, chosen: NDArray[np.int64], view: int) -> Floats:
        """Return pixels."""
        return view_of(self.pictures[self.indices[chosen]], view).astype(np.float32)


class StemFeatures:
    """A stem's feature maps, each ``float16[V, N, R, C, F]``, computed once into a file."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._values: list[NDArray[np.float16]] = [np.load(path, mmap_mode="r") for path in paths]
        self.views = min(map(len, self._values))
        self.maps = [values.shape[2:] for values in self._values]

    def hold(self, count: int, views: int) -> bool:
        """Return whether each map is of this many photos and views."""
        return all(values.shape[:2] == (views, count) for values in self._values)

    def read(self, chosen: NDArray[np.int64], view: int) -> tuple[Floats, ...]:
        """Return features."""
        return tuple(values[view, chosen].astype(np.float32) for values in self._values)


def compute_features(
    stem: keras.Model,
    dataset: DetectionDataset,
    indices: NDArray[np.int64],
    views: int,
    paths: Sequence[Path],
) -> None:
    """Write the stem's maps of some photos, each into a file; an interrupted call leaves no such file.

    Parameters
    ----------
    views
        How many views of each photo; two add the mirrored photo.
    """
    drafts = [path.with_suffix(".draft") for path in paths]
    files = [
        np.lib.format.open_memmap(
            draft, mode="w+", dtype=np.float16, shape=(views, len(indices), *output.shape[1:])
        )
        for draft, output in zip(drafts, stem.outputs, strict=True)
    ]
    starts = range(0, len(indices), COMPUTED_AT_ONCE)
    for start in track(starts, len(starts), "Computing features"):
        rows = slice(start, start + COMPUTED_AT_ONCE)
        pixels = dataset.pictures[indices[rows]].astype(np.float32)
        for view in range(views):
            for file, found in zip(files, stem.predict_on_batch(view_of(pixels, view)), strict=True):
                file[view, rows] = np.clip(found, -65504, 65504)
    for file, draft, path in zip(files, drafts, paths, strict=True):
        file.flush()
        draft.replace(path)


def open_features(paths: Sequence[Path], count: int, views: int) -> StemFeatures:
    """Open the features of a split.

    Raises
    ------
    training.errors.TrainingError
        The files hold another number of photos or views.
    """
    features = StemFeatures(paths)
    if not features.hold(count, views):
        names = " or ".join(map(str, paths))
        raise TrainingError(f"{names} is of other photos; remove both, and run this again.")
    return features
