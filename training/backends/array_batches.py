"""Batches as arrays, which Keras loads in threads ahead of the steps that take them."""

from typing import Any

import keras
from numpy.typing import NDArray

from training.data.batches import BatchLoader


class ArrayBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """The images, labels and weights of each step of an epoch."""

    def __init__(self, loader: BatchLoader, epoch: int) -> None:
        # Two threads are enough for a memory copy.
        super().__init__(workers=2)
        self.loader, self.epoch, self.order = loader, epoch, loader.order(epoch)

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, step: int) -> tuple[NDArray[Any], ...]:
        batch = self.loader.batch(self.epoch, step, self.order[step])
        return batch.pictures, batch.labels, batch.weights
