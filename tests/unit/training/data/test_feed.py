"""Batches are what seed, epoch and number alone decide."""

import numpy as np
import pytest

from training.data.batches import Batch, Feed
from training.data.dataset import Dataset
from training.data.outliers import Outliers


def batches(feed: Feed, epoch: int = 0) -> list[Batch]:
    return [feed.batch(epoch, step, chosen) for step, chosen in enumerate(feed.order(epoch))]


def order(feed: Feed, epoch: int = 0) -> list[bytes]:
    return [picture.tobytes() for batch in batches(feed, epoch) for picture in batch.pictures]


def test_every_photo_of_the_split_comes_once_an_epoch(prepared: Dataset) -> None:
    feed = Feed(prepared, "train", batch=5, seed=3)
    expected = sorted(prepared.pictures[i].tobytes() for i in prepared.indices("train"))
    assert sorted(order(feed, 4)) == expected


@pytest.mark.parametrize(
    ("batch", "sizes"), [(1, [1] * 12), (5, [4, 4, 4]), (11, [6, 6]), (12, [12]), (100, [12])]
)
def test_steps_share_the_photos_out_evenly(prepared: Dataset, batch: int, sizes: list[int]) -> None:
    feed = Feed(prepared, "train", batch)
    assert [len(b.pictures) for b in batches(feed)] == sizes
    assert feed.steps == len(sizes)


def test_a_picture_comes_with_its_own_label(prepared: Dataset) -> None:
    labels = {p.tobytes(): label for p, label in zip(prepared.pictures, prepared.labels, strict=True)}
    for batch in batches(Feed(prepared, "train", batch=5, seed=3), 2):
        assert batch.labels.shape == (len(batch.pictures), 3)
        assert batch.labels.sum(axis=1).tolist() == [1] * len(batch.pictures)
        assert [labels[p.tobytes()] for p in batch.pictures] == batch.labels.argmax(axis=1).tolist()


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


class TestBalance:
    def weights(self, prepared: Dataset, balance: float) -> dict[int, float]:
        """The weight of a photo of each class, once the first class has lost most of its photos."""
        feed = Feed(prepared, "train", batch=100)
        first = np.flatnonzero(feed.labels[feed.indices] == 0)
        kept = np.delete(feed.indices, first[1:])
        feed = Feed(_Only(prepared, kept), "train", batch=100, balance=balance)
        [batch] = batches(feed)
        assert batch.weights.mean() == pytest.approx(1)
        return dict(zip(batch.labels.argmax(axis=1).tolist(), batch.weights.tolist(), strict=True))

    def test_none_counts_photos_alike(self, prepared: Dataset) -> None:
        assert set(self.weights(prepared, 0).values()) == {1.0}

    def test_all_of_it_counts_species_alike(self, prepared: Dataset) -> None:
        weights = self.weights(prepared, 1)
        assert weights[0] == pytest.approx(4 * weights[1])

    def test_half_of_it_lies_between(self, prepared: Dataset) -> None:
        weights = self.weights(prepared, 0.5)
        assert weights[0] == pytest.approx(2 * weights[1])


class TestMixup:
    def test_pictures_and_labels_are_mixed_by_the_same_share(self, prepared: Dataset) -> None:
        plain = Feed(prepared, "train", batch=12, seed=3)
        mixed = Feed(prepared, "train", batch=12, seed=3, mixup=0.4)
        [one], [other] = batches(plain), batches(mixed)
        assert other.labels.sum(axis=1) == pytest.approx([1] * 12)
        shares = one.labels.T @ other.labels
        assert 0 < shares[0, 1] < 4
        assert other.pictures.dtype == np.uint8
        # What is mixed is no stronger than what it is mixed from.
        assert other.pictures.mean() == pytest.approx(one.pictures.mean(), abs=1)

    def test_a_step_is_mixed_alike_each_time(self, prepared: Dataset) -> None:
        feed = Feed(prepared, "train", batch=4, seed=3, mixup=0.4)
        first, second = batches(feed, 1), batches(feed, 1)
        for one, other in zip(first, reversed(list(reversed(second))), strict=True):
            assert np.array_equal(one.pictures, other.pictures)
            assert np.array_equal(one.labels, other.labels)
        assert order(feed, 1) != order(feed, 2)

    def test_validation_is_never_mixed(self, prepared: Dataset) -> None:
        [batch] = batches(Feed(prepared, "validation", batch=100, mixup=0.4))
        assert set(np.unique(batch.labels)) == {0, 1}


class _Only(Dataset):
    """A data set whose splits all hold just these photos."""

    def __init__(self, dataset: Dataset, kept: np.ndarray) -> None:
        super().__init__(dataset.directory)
        self.kept = kept

    def indices(self, split: str) -> np.ndarray:
        return self.kept


class TestOutliers:
    def feed(self, prepared: Dataset, **shares: float) -> Feed:
        return Feed(prepared, "train", batch=4, seed=3, mixup=0.2, outliers=Outliers(**shares))

    def test_they_come_behind_the_photos_and_are_of_every_species_alike(self, prepared: Dataset) -> None:
        plain = batches(Feed(prepared, "train", batch=4, seed=3, mixup=0.2), 2)
        for batch, photos in zip(batches(self.feed(prepared, textures=0.5), 2), plain, strict=True):
            assert np.array_equal(batch.pictures[:4], photos.pictures)
            assert np.array_equal(batch.labels[:4], photos.labels)
            assert batch.pictures.shape == (6, *photos.pictures.shape[1:])
            assert batch.labels[4:] == pytest.approx(1 / 3)
            assert batch.weights.tolist() == [1] * 6

    def test_seed_epoch_and_step_decide_them(self, prepared: Dataset) -> None:
        def outliers(epoch: int) -> list[bytes]:
            feed = self.feed(prepared, textures=0.5)
            return [picture.tobytes() for batch in batches(feed, epoch) for picture in batch.pictures[4:]]

        assert outliers(1) == outliers(1)
        assert len(set(outliers(1) + outliers(2))) == 2 * len(outliers(1))

    def test_bare_ground_is_of_the_training_photos(self, prepared: Dataset) -> None:
        feed = self.feed(prepared, textures=0.25, bare_ground=0.25)
        found = {window.picture for window in feed.outliers.ground.windows}
        assert found
        assert found <= set(prepared.indices("train").tolist())
        assert [len(batch.pictures) for batch in batches(feed)] == [6, 6, 6]

    def test_without_bare_ground_there_are_fewer(self, prepared: Dataset) -> None:
        feed = self.feed(prepared, textures=0.25, bare_ground=0.25)
        feed.outliers.ground.windows.clear()
        assert [len(batch.pictures) for batch in batches(feed)] == [5, 5, 5]

    def test_photos_that_are_measured_come_alone(self, prepared: Dataset) -> None:
        feed = Feed(prepared, "validation", batch=4, outliers=Outliers(textures=1))
        assert len(order(feed)) == len(feed.indices)
