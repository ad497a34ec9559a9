"""Batches of features and targets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.detection.detection_dataset import DetectionDataset
from training.detection.detection_network import STRIDE
from training.detection.targets import make_targets
from training.progress import track

COMPUTED_AT_ONCE = 8
# Flips of pixels and their targets: rows and columns.
FLIPS = 2


def compute_features(
    stem: keras.Model, dataset: DetectionDataset, indices: NDArray[np.int64], path: Path
) -> NDArray[np.float16]:
    """Compute the stem's features of some photos once, into a file that is mapped from disk.

    Returns
    -------
    ndarray
        ``float16[N, R, C, F]``.
    """
    if path.exists():
        return np.asarray(np.load(path, mmap_mode="r"))
    draft = path.with_suffix(".draft")
    shape = (len(indices), *stem.output_shape[1:])
    features = np.lib.format.open_memmap(draft, mode="w+", dtype=np.float16, shape=shape)
    starts = range(0, len(indices), COMPUTED_AT_ONCE)
    for start in track(starts, len(starts), "Computing features"):
        chosen = indices[start : start + COMPUTED_AT_ONCE]
        found = stem.predict_on_batch(dataset.pictures[chosen].astype(np.float32))
        features[start : start + len(chosen)] = np.clip(found, -65504, 65504)
    features.flush()
    draft.replace(path)
    return np.asarray(np.load(path, mmap_mode="r"))


def targets_of(dataset: DetectionDataset, indices: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the targets of some photos, ``float32[N, R, C, 6]``."""
    return np.stack(
        [
            make_targets(
                dataset.letterbox(index).to_square(dataset.boxes(index)),
                dataset.classes(index),
                dataset.difficult(index),
                dataset.card.size,
                STRIDE,
            )
            for index in map(int, indices)
        ]
    )


class SceneBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """The batches of an epoch, in an order that seed and epoch decide.

    Parameters
    ----------
    features
        ``[N, …]``: a stem's features, or pixels.
    targets
        ``float32[N, R, C, 6]``.
    flips
        Whether to mirror at random, which suits pixels.
    """

    def __init__(
        self,
        features: Callable[[NDArray[np.int64]], NDArray[Any]],
        targets: NDArray[np.float32],
        batch: int,
        seed: tuple[int, int] | None = None,
        *,
        flips: bool = False,
    ) -> None:
        super().__init__()
        self.features, self.targets, self.flips = features, targets, flips
        self.random = np.random.default_rng(seed)
        order = np.arange(len(targets)) if seed is None else self.random.permutation(len(targets))
        self.steps = np.array_split(order, -(-len(order) // batch))
        self.turns = self.random.integers(0, 2, (len(self.steps), FLIPS))

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, step: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        chosen = np.sort(self.steps[step])
        seen, target = self.features(chosen).astype(np.float32), self.targets[chosen]
        if self.flips:
            vertical, horizontal = self.turns[step]
            if vertical:
                seen, target = seen[:, ::-1], target[:, ::-1][..., [0, 1, 2, 5, 4, 3]]
            if horizontal:
                seen, target = seen[:, :, ::-1], target[:, :, ::-1][..., [0, 1, 4, 3, 2, 5]]
        return seen, target
