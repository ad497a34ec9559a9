"""Pictures on their way to the network, whichever framework runs it."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.data.dataset import Dataset
from training.data.outliers import Outliers, OutlierSource
from training.data.split import Split

OUTLIERS = 1  # makes their random numbers others than the mixtures'


@dataclass(frozen=True, slots=True)
class Batch:
    """Pictures ``uint8[B, S, S, 3]``, shares of species ``float32[B, K]``, weights ``float32[B]``."""

    pictures: NDArray[np.uint8]
    labels: NDArray[np.float32]
    weights: NDArray[np.float32]


class Feed:
    """The batches of one split, which seed, epoch and number alone decide.

    So a run that was killed goes on with the very batches it would have seen, and batches may be made
    in any order, by several threads.

    Parameters
    ----------
    batch
        Photos a step, over all devices; the steps of an epoch share the photos out evenly, so that
        none is left with too few for every device.
    seed
        Of the order and of mixing; without one the photos come as they lie, unmixed.
    balance
        0 counts photos alike, 1 species: a photo weighs its species' rarity to this power. The mean
        weight of the split is 1.
    mixup
        Parameter of the symmetric Beta distribution that pictures are mixed by, 0 for none (Zhang et
        al. 2018, arXiv:1710.09412).
    outliers
        Pictures of no species that come in addition; their label is every species alike.
    """

    def __init__(
        self,
        dataset: Dataset,
        split: Split,
        batch: int,
        seed: int | None = None,
        balance: float = 0,
        mixup: float = 0,
        outliers: Outliers | None = None,
    ) -> None:
        self.pictures, self.labels = dataset.pictures, dataset.labels
        self.classes = len(dataset.card.species)
        self.indices = dataset.indices(split)
        self.seed, self.mixup = seed, mixup
        self.outliers = OutlierSource(outliers or Outliers(), dataset.pictures, self.indices)
        self.steps = -(-len(self.indices) // batch)
        self.weights = _weights(self.labels[self.indices], self.classes, balance)
        self.seconds = 0.0

    @property
    def size(self) -> int:
        """Height and width of the pictures."""
        return int(self.pictures.shape[1])

    def order(self, epoch: int) -> list[NDArray[np.int64]]:
        """Return which photos each step of an epoch takes."""
        order = self.indices
        if self.seed is not None:
            order = np.random.default_rng((self.seed, epoch)).permutation(order)
        return np.array_split(order, self.steps)

    def batch(self, epoch: int, step: int, chosen: NDArray[np.int64]) -> Batch:
        """Return the photos of a step; the time it takes adds to ``seconds``."""
        started = time.perf_counter()
        labels = np.eye(self.classes, dtype=np.float32)[self.labels[chosen]]
        batch = Batch(self.pictures[chosen], labels, self.weights[self.labels[chosen]])
        if self.mixup and self.seed is not None:
            batch = _mixed(batch, self.mixup, np.random.default_rng((self.seed, epoch, step)))
        if self.seed is not None and self.outliers.shares != Outliers():
            draw = np.random.default_rng((self.seed, epoch, step, OUTLIERS))
            batch = _joined(batch, self.outliers.draw(len(chosen), draw))
        self.seconds += time.perf_counter() - started
        return batch


def _weights(labels: NDArray[np.int64], classes: int, balance: float) -> NDArray[np.float32]:
    counts = np.maximum(np.bincount(labels, minlength=classes), 1)
    weights = (counts.mean() / counts) ** balance
    return np.asarray(weights / weights[labels].mean(), dtype=np.float32)


def _mixed(batch: Batch, mixup: float, draw: np.random.Generator) -> Batch:
    share = np.float32(draw.beta(mixup, mixup))
    other = draw.permutation(len(batch.pictures))

    def blend(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return share * values + (1 - share) * values[other]

    pictures = np.rint(blend(batch.pictures.astype(np.float32))).astype(np.uint8)
    return Batch(pictures, blend(batch.labels), blend(batch.weights))


def _joined(batch: Batch, outliers: NDArray[np.uint8]) -> Batch:
    count, classes = len(outliers), batch.labels.shape[1]
    return Batch(
        np.concatenate([batch.pictures, outliers]),
        np.concatenate([batch.labels, np.full((count, classes), 1 / classes, dtype=np.float32)]),
        np.concatenate([batch.weights, np.ones(count, dtype=np.float32)]),
    )
