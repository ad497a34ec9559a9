"""Deterministic training batches as NumPy arrays, for every Keras backend."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Dataset
from training.data.outliers import Draw, Outliers, OutlierSource
from training.data.split import Split
from training.data.texture_pool import draw_textures

OUTLIERS = 1  # seeds another random stream than mixup's


@dataclass(frozen=True, slots=True)
class Batch:
    """Images ``uint8[B, S, S, 3]``, soft labels ``float32[B, K]``, sample weights ``float32[B]``."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.float32]
    weights: NDArray[np.float32]


class BatchLoader:
    """Batches of one split, decided by seed, epoch and step alone.

    So a resumed run sees the same batches as an uninterrupted one, and several threads may load batches
    in any order.

    Parameters
    ----------
    batch
        Global batch size: photos a step over all devices. The photos are spread evenly over the steps, so
        that no step has too few for every device.
    seed
        Seed of the order and of mixup; without one, the photos keep their order and are not mixed.
    class_weight_power
        A photo's weight is its species' rarity to this power: 0 weighs photos equally, 1 species. The
        mean weight of the split is 1.
    mixup
        Alpha of mixup's Beta distribution, 0 for no mixup (Zhang et al. 2018, arXiv:1710.09412).
    outliers
        Outlier images added to each batch, with a uniform label over the species.
    draw_textures
        Draws the textures among them.
    """

    def __init__(
        self,
        dataset: Dataset,
        split: Split,
        batch: int,
        seed: int | None = None,
        class_weight_power: float = 0,
        mixup: float = 0,
        outliers: Outliers | None = None,
        draw_textures: Draw = draw_textures,
    ) -> None:
        self.pictures, self.labels = dataset.pictures, dataset.labels
        self.classes = len(dataset.card.species)
        self.indices = dataset.indices(split)
        self.seed, self.mixup = seed, mixup
        self.outliers = OutlierSource(outliers or Outliers(), dataset.pictures, self.indices, draw_textures)
        self.steps = -(-len(self.indices) // batch)
        self.weights = _weights(self.labels[self.indices], self.classes, class_weight_power)
        self.seconds = 0.0

    @property
    def size(self) -> int:
        """Height and width of the images, pixels."""
        return int(self.pictures.shape[1])

    def order(self, epoch: int) -> list[NDArray[np.int64]]:
        """Return the indices of the photos of each step of an epoch."""
        order = self.indices
        if self.seed is not None:
            order = np.random.default_rng((self.seed, epoch)).permutation(order)
        return np.array_split(order, self.steps)

    def batch(self, epoch: int, step: int, chosen: NDArray[np.int64]) -> Batch:
        """Load the batch of a step; its time is added to ``seconds``."""
        started = time.perf_counter()
        labels = np.eye(self.classes, dtype=np.float32)[self.labels[chosen]]
        batch = Batch(self.pictures[chosen], labels, self.weights[self.labels[chosen]])
        if self.mixup and self.seed is not None:
            batch = _mixed(batch, self.mixup, np.random.default_rng((self.seed, epoch, step)))
        if self.seed is not None and self.outliers.shares != Outliers():
            random = np.random.default_rng((self.seed, epoch, step, OUTLIERS))
            batch = _with_outliers(batch, self.outliers.sample(len(chosen), random))
        self.seconds += time.perf_counter() - started
        return batch


def _weights(labels: NDArray[np.int64], classes: int, power: float) -> NDArray[np.float32]:
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    weights = (counts.mean() / counts) ** power
    return np.asarray(weights / weights[labels].mean(), dtype=np.float32)


def _mixed(batch: Batch, alpha: float, random: np.random.Generator) -> Batch:
    share = np.float32(random.beta(alpha, alpha))
    other = random.permutation(len(batch.pictures))

    def blend(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return share * values + (1 - share) * values[other]

    pictures = np.rint(blend(batch.pictures.astype(np.float32))).astype(np.uint8)
    return Batch(pictures, blend(batch.labels), blend(batch.weights))


def _with_outliers(batch: Batch, outliers: NDArray[np.uint8]) -> Batch:
    count, classes = len(outliers), batch.labels.shape[1]
    return Batch(
        np.concatenate([batch.pictures, outliers]),
        np.concatenate([batch.labels, np.full((count, classes), 1 / classes, dtype=np.float32)]),
        np.concatenate([batch.weights, np.ones(count, dtype=np.float32)]),
    )
