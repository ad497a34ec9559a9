"""Batches of features and targets."""

import keras
import numpy as np
from numpy.typing import NDArray

from training.detection.detection_dataset import DetectionDataset
from training.detection.detector_shape import STRIDE
from training.detection.scene_features import Floats, SceneFeatures
from training.detection.targets import make_targets
from training.detection.views import target_of_view


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
    """The batches of an epoch, in an order and in views that seed and epoch decide.

    Parameters
    ----------
    features
        What the network sees of the photos.
    targets
        ``float32[N, R, C, 6]``.
    seed
        Seed and epoch; without them the order is that of the photos, as they are.
    """

    def __init__(
        self,
        features: SceneFeatures,
        targets: NDArray[np.float32],
        batch: int,
        seed: tuple[int, int] | None = None,
    ) -> None:
        super().__init__()
        self.features, self.targets = features, targets
        random = np.random.default_rng(seed)
        order = np.arange(len(targets)) if seed is None else random.permutation(len(targets))
        self.steps = np.array_split(order, -(-len(order) // batch))
        # One view a step: reading one is one indexing of the file.
        self.views = random.integers(0, features.views if seed else 1, len(self.steps))

    def __len__(self) -> int:
        return len(self.steps)

    def __getitem__(self, step: int) -> tuple[Floats | tuple[Floats, ...], Floats]:
        chosen, view = np.sort(self.steps[step]), int(self.views[step])
        return self.features.read(chosen, view), target_of_view(self.targets[chosen], view)
