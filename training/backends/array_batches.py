"""Batches as arrays, which threads load ahead of the steps that take them."""

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import keras
from numpy.typing import NDArray

from training.data.batches import BatchLoader

# Enough for a memory copy.
THREADS = 2
AHEAD = 4


class ArrayBatches(keras.utils.PyDataset):  # type: ignore[misc]  # Keras has no types
    """The images, labels and weights of each step of an epoch.

    Keras' own threads are not used: ``fit`` first looks at a batch of a new model, and then begins with those
    that they had loaded meanwhile. Some steps would come twice, and the last ones not at all.
    """

    def __init__(self, loader: BatchLoader, epoch: int) -> None:
        super().__init__(workers=0)
        self.loader, self.epoch, self.order = loader, epoch, loader.order(epoch)
        self.threads = ThreadPoolExecutor(THREADS)
        self.loading: dict[int, Future[tuple[NDArray[Any], ...]]] = {}

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, step: int) -> tuple[NDArray[Any], ...]:
        for number in range(step, min(step + AHEAD, len(self))):
            if number not in self.loading:
                self.loading[number] = self.threads.submit(self._load, number)
        return self.loading.pop(step).result()

    def _load(self, step: int) -> tuple[NDArray[Any], ...]:
        batch = self.loader.batch(self.epoch, step, self.order[step])
        return batch.pictures, batch.labels, batch.weights
