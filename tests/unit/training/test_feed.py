"""Batches come in an order that seed and epoch alone decide."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.dataset import Dataset
from training.feed import Feed

Batch = tuple[NDArray[np.uint8], NDArray[np.float32]]


def batches(feed: Feed, epoch: int = 0) -> list[Batch]:
    return [(pictures.numpy(), labels.numpy()) for pictures, labels in feed.epoch(epoch)]


def order(feed: Feed, epoch: int = 0) -> list[bytes]:
    return [picture.tobytes() for pictures, _ in batches(feed, epoch) for picture in pictures]


def test_every_photo_of_the_split_comes_once_an_epoch(prepared: Dataset) -> None:
    feed = Feed(prepared, "train", batch=5, seed=3)
    assert [len(pictures) for pictures, _ in batches(feed)] == [5, 5, 2]
    assert feed.steps == len(batches(feed)) == int(feed.epoch().cardinality())
    expected = sorted(prepared.pictures[i].tobytes() for i in prepared.indices("train"))
    assert sorted(order(feed, 4)) == expected


def test_a_picture_comes_with_its_own_label(prepared: Dataset) -> None:
    labels = {p.tobytes(): label for p, label in zip(prepared.pictures, prepared.labels, strict=True)}
    for pictures, one_hot in batches(Feed(prepared, "train", batch=5, seed=3), 2):
        assert one_hot.shape == (len(pictures), 3)
        assert one_hot.sum(axis=1).tolist() == [1] * len(pictures)
        assert [labels[p.tobytes()] for p in pictures] == one_hot.argmax(axis=1).tolist()


def test_seed_and_epoch_decide_the_order(prepared: Dataset) -> None:
    first = order(Feed(prepared, "train", batch=5, seed=3), 1)
    assert order(Feed(prepared, "train", batch=5, seed=3), 1) == first
    assert order(Feed(prepared, "train", batch=12, seed=3), 1) == first
    assert order(Feed(prepared, "train", batch=5, seed=3), 2) != first
    assert order(Feed(prepared, "train", batch=5, seed=4), 1) != first


def test_without_a_seed_they_come_as_they_lie(prepared: Dataset) -> None:
    feed = Feed(prepared, "validation", batch=4)
    lying = [prepared.pictures[i].tobytes() for i in prepared.indices("validation")]
    assert order(feed) == order(feed, 7) == lying


@pytest.mark.parametrize(("batch", "steps"), [(1, 12), (11, 2), (12, 1), (100, 1)])
def test_the_last_batch_takes_what_is_left(prepared: Dataset, batch: int, steps: int) -> None:
    assert Feed(prepared, "train", batch).steps == steps
