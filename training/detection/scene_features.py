"""What a detector learns from: the pixels of scenes, or a frozen stem's features of them."""

from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from training.detection.detection_dataset import DetectionDataset
from training.detection.views import VIEWS, view_of
from training.errors import TrainingError
from training.progress import track

COMPUTED_AT_ONCE = 8


class SceneFeatures(Protocol):
    """The features of the scenes of a split, in one or more views."""

    @property
    def views(self) -> int:
        """The number of views; view 0 is the scene as it is."""

    def read(self, chosen: NDArray[np.int64], view: int) -> NDArray[Any]:
        """Return some scenes in a view, ``[N, R, C, F]``."""


class Pixels:
    """Scenes as they are, ``uint8[N, S, S, 3]``, in all views."""

    views = VIEWS

    def __init__(self, dataset: DetectionDataset, indices: NDArray[np.int64]) -> None:
        self.pictures, self.indices = dataset.pictures, indices

    def read(self, chosen: NDArray[np.int64], view: int) -> NDArray[Any]:
        """Return pixels."""
        return view_of(self.pictures[self.indices[chosen]], view)


class StemFeatures:
    """A stem's features, ``float16[V, N, R, C, F]``, computed once into a file."""

    def __init__(self, path: Path) -> None:
        self.values: NDArray[np.float16] = np.load(path, mmap_mode="r")
        self.views = len(self.values)

    def read(self, chosen: NDArray[np.int64], view: int) -> NDArray[Any]:
        """Return features."""
        return np.asarray(self.values[view, chosen])


def compute_features(
    stem: keras.Model, dataset: DetectionDataset, indices: NDArray[np.int64], views: int, path: Path
) -> None:
    """Write the stem's features of some photos; an interrupted call leaves no file.

    Parameters
    ----------
    views
        How many views of each photo; two add the mirrored photo.
    """
    draft = path.with_suffix(".draft")
    shape = (views, len(indices), *stem.output_shape[1:])
    features = np.lib.format.open_memmap(draft, mode="w+", dtype=np.float16, shape=shape)
    starts = range(0, len(indices), COMPUTED_AT_ONCE)
    for start in track(starts, len(starts), "Computing features"):
        rows = slice(start, start + COMPUTED_AT_ONCE)
        pixels = dataset.pictures[indices[rows]].astype(np.float32)
        for view in range(views):
            found = stem.predict_on_batch(view_of(pixels, view))
            features[view, rows] = np.clip(found, -65504, 65504)
    features.flush()
    draft.replace(path)


def open_features(path: Path, count: int, views: int) -> StemFeatures:
    """Open the features of a split.

    Raises
    ------
    training.errors.TrainingError
        The file holds another number of photos or views.
    """
    features = StemFeatures(path)
    if features.values.shape[:2] != (views, count):
        raise TrainingError(f"{path} is of other photos; remove it, and run this again.")
    return features
