"""Pictures on their way to the network."""

from collections.abc import Iterator

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.dataset import Dataset
from training.split import Split


class Feed:
    """The batches of one split, in an order that seed and epoch alone decide.

    So a run that was killed goes on with the very batches it would have seen.
    """

    def __init__(self, dataset: Dataset, split: Split, batch: int, seed: int | None = None) -> None:
        self.pictures, self.classes = dataset.pictures, len(dataset.card.species)
        self.indices, self.labels = dataset.indices(split), dataset.labels
        self.batch, self.seed = batch, seed

    @property
    def steps(self) -> int:
        """How many batches an epoch has."""
        return -(-len(self.indices) // self.batch)

    def epoch(self, number: int = 0) -> tf.data.Dataset:
        """Return one epoch of ``(uint8[B, S, S, 3], one-hot float32[B, classes])``."""
        size = self.pictures.shape[1]
        signature = (
            tf.TensorSpec((None, size, size, 3), tf.uint8),
            tf.TensorSpec((None, self.classes), tf.float32),
        )
        batches = tf.data.Dataset.from_generator(lambda: self._batches(number), output_signature=signature)
        options = tf.data.Options()
        # A generator has no files to share out among workers.
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
        counted = batches.apply(tf.data.experimental.assert_cardinality(self.steps))
        return counted.prefetch(tf.data.AUTOTUNE).with_options(options)

    def _batches(self, number: int) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
        order = self.indices
        if self.seed is not None:
            order = np.random.default_rng((self.seed, number)).permutation(order)
        one_hot = np.eye(self.classes, dtype=np.float32)
        for start in range(0, len(order), self.batch):
            chosen = order[start : start + self.batch]
            yield self.pictures[chosen], one_hot[self.labels[chosen]]
