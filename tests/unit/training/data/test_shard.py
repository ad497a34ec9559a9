"""The shards of all processes are the batches of one process."""

from collections.abc import Iterator

import numpy as np
import pytest

from training.data.batches import Batch, BatchLoader
from training.data.dataset import Dataset
from training.data.outliers import Outliers
from training.data.shard import Shard
from training.data.steps import split_into_steps
from training.errors import TrainingError


def batches(loader: BatchLoader, epoch: int = 3) -> Iterator[Batch]:
    for step, chosen in enumerate(loader.order(epoch)):
        yield loader.batch(epoch, step, chosen)


def joined(parts: tuple[Batch, ...]) -> list[np.ndarray]:
    return [
        np.concatenate([getattr(part, name) for part in parts]) for name in ("pictures", "labels", "weights")
    ]


@pytest.mark.parametrize("processes", [2, 3])
def test_training(prepared: Dataset, processes: int) -> None:
    def loader(shard: Shard) -> BatchLoader:
        outliers = Outliers(textures=0.5)
        return BatchLoader(prepared, "train", 6, 3, 0.5, mixup=0.4, outliers=outliers, shard=shard)

    whole = batches(loader(Shard(devices=processes)))
    shards = [batches(loader(Shard(rank, processes, processes))) for rank in range(processes)]

    for batch, *parts in zip(whole, *shards, strict=True):
        assert len(batch.pictures) % processes == 0
        assert len({len(part.pictures) for part in parts}) == 1
        for one, other in zip(joined((batch,)), joined(tuple(parts)), strict=True):
            assert np.array_equal(one, other)


def test_training_leaves_out_other_photos_in_each_epoch(prepared: Dataset) -> None:
    loader = BatchLoader(prepared, "train", 5, 3, shard=Shard(devices=5))
    assert len(loader.indices) == 12
    left_out = [set(loader.indices) - set(np.concatenate(loader.order(epoch))) for epoch in range(20)]
    assert {len(photos) for photos in left_out} == {2}
    assert len(set.union(*left_out)) > 2


def test_validation_weighs_every_photo_once(prepared: Dataset) -> None:
    loaders = [BatchLoader(prepared, "validation", 4, shard=Shard(rank, 2, 4)) for rank in range(2)]
    photos = len(loaders[0].indices)
    assert photos == 6
    parts = [joined(pair) for pair in zip(*(batches(loader) for loader in loaders), strict=True)]

    pictures, _, weights = (np.concatenate(values) for values in zip(*parts, strict=True))

    assert len(weights) == 8
    # Keras' loss is the weighted sum through the number of images: here the mean over the photos.
    assert weights / len(weights) == pytest.approx([1 / photos] * photos + [0, 0])
    assert np.array_equal(pictures[:photos], prepared.pictures[loaders[0].indices])


@pytest.mark.parametrize(("photos", "batch", "multiple"), [(13, 2, 2), (7, 6, 3), (100, 8, 4), (12, 12, 1)])
def test_steps_are_multiples_and_no_larger_than_the_batch(photos: int, batch: int, multiple: int) -> None:
    steps = split_into_steps(np.arange(photos), batch, multiple)
    assert all(0 < len(step) <= batch and len(step) % multiple == 0 for step in steps)
    assert np.concatenate(steps).tolist() == list(range(photos // multiple * multiple))


def test_more_devices_than_photos_are_refused(prepared: Dataset) -> None:
    with pytest.raises(TrainingError, match="has 12 photos for 16 devices"):
        BatchLoader(prepared, "train", 32, 3, shard=Shard(devices=16))
