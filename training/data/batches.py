"""Deterministic training batches as NumPy arrays, for every Keras backend."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Dataset
from training.data.outliers import Draw, Outliers, OutlierSource
from training.data.shard import WHOLE, Shard
from training.data.split import Split
from training.data.steps import split_into_steps
from training.data.texture_pool import draw_textures
from training.errors import TrainingError

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
        Seed of the order and of mixup; without one, as for validation, the photos keep their order and are
        not mixed.
    class_weight_power
        A photo's weight is its species' rarity to this power: 0 weighs photos equally, 1 species. The
        mean weight of the split is 1.
    mixup
        Alpha of mixup's Beta distribution, 0 for no mixup (Zhang et al. 2018, arXiv:1710.09412).
    outliers
        Outlier images added to each batch, with a uniform label over the species.
    draw_textures
        Draws the textures among them.
    shard
        The rows of each batch that this process loads; all by default. Devices take equal shares, so with
        ``n`` devices an epoch of training leaves out up to ``n - 1`` photos, other ones in each epoch.
        Validation has every photo: its last batch is filled up with images of weight 0.

    Raises
    ------
    training.errors.TrainingError
        The split has fewer photos than there are devices.
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
        shard: Shard = WHOLE,
    ) -> None:
        self.pictures, self.labels = dataset.pictures, dataset.labels
        self.classes = len(dataset.card.species)
        self.indices = dataset.indices(split)
        self.seed, self.mixup, self.batch_size, self.shard = seed, mixup, batch, shard
        self.outliers = OutlierSource(outliers or Outliers(), dataset.pictures, self.indices, draw_textures)
        self.filling = 0 if seed is not None else -len(self.indices) % shard.devices
        self.steps = len(self.order(0))
        if not self.steps:
            raise TrainingError(
                f"The {split} split has {len(self.indices)} photos for {shard.devices} devices; use fewer."
            )
        self.weights = _weights(self.labels[self.indices], self.classes, class_weight_power)
        # Keras divides a loss by the number of images, with those of weight 0.
        self.weights *= np.float32((len(self.indices) + self.filling) / len(self.indices))
        self.seconds = 0.0

    @property
    def size(self) -> int:
        """Height and width of the images, pixels."""
        return int(self.pictures.shape[1])

    def order(self, epoch: int) -> list[NDArray[np.int64]]:
        """Return the indices of the photos of each step of an epoch."""
        order = np.append(self.indices, self.indices[:1].repeat(self.filling))
        if self.seed is not None:
            order = np.random.default_rng((self.seed, epoch)).permutation(order)
        return split_into_steps(order, self.batch_size, self.shard.devices)

    def batch(self, epoch: int, step: int, chosen: NDArray[np.int64]) -> Batch:
        """Load this process's rows of the batch of a step; its time is added to ``seconds``."""
        started = time.perf_counter()
        outliers = self._outliers(epoch, step, len(chosen))
        rows = self.shard.rows(len(chosen) + len(outliers))
        batch = self._photos(chosen[rows])
        if self.mixup and self.seed is not None:
            random = np.random.default_rng((self.seed, epoch, step))
            share = np.float32(random.beta(self.mixup, self.mixup))
            partners = chosen[random.permutation(len(chosen))[rows]]
            batch = _mixed(batch, self._photos(partners), share)
        if self.filling and step == self.steps - 1:
            batch.weights[max(0, len(chosen) - self.filling - rows.start) :] = 0
        first, last = (max(0, row - len(chosen)) for row in (rows.start, rows.stop))
        if last > first:
            batch = _with_outliers(batch, outliers[first:last])
        self.seconds += time.perf_counter() - started
        return batch

    def _photos(self, chosen: NDArray[np.int64]) -> Batch:
        labels = np.eye(self.classes, dtype=np.float32)[self.labels[chosen]]
        return Batch(self.pictures[chosen], labels, self.weights[self.labels[chosen]])

    def _outliers(self, epoch: int, step: int, photos: int) -> NDArray[np.uint8]:
        """Return the outlier images of a whole batch, because one random stream draws them all."""
        if self.seed is None or self.outliers.shares == Outliers():
            return self.pictures[:0]
        random = np.random.default_rng((self.seed, epoch, step, OUTLIERS))
        return self.outliers.sample(photos, random, self.shard.devices)


def _weights(labels: NDArray[np.int64], classes: int, power: float) -> NDArray[np.float32]:
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    weights = (counts.mean() / counts) ** power
    return np.asarray(weights / weights[labels].mean(), dtype=np.float32)


def _mixed(batch: Batch, other: Batch, share: np.float32) -> Batch:
    def blend(one: NDArray[np.float32], two: NDArray[np.float32]) -> NDArray[np.float32]:
        return share * one + (1 - share) * two

    pictures = blend(batch.pictures.astype(np.float32), other.pictures.astype(np.float32))
    return Batch(
        np.rint(pictures).astype(np.uint8),
        blend(batch.labels, other.labels),
        blend(batch.weights, other.weights),
    )


def _with_outliers(batch: Batch, outliers: NDArray[np.uint8]) -> Batch:
    count, classes = len(outliers), batch.labels.shape[1]
    return Batch(
        np.concatenate([batch.pictures, outliers]),
        np.concatenate([batch.labels, np.full((count, classes), 1 / classes, dtype=np.float32)]),
        np.concatenate([batch.weights, np.ones(count, dtype=np.float32)]),
    )
