"""Seed, epoch and step alone decide a batch."""

import numpy as np
import pytest

from training.data.batches import Batch, BatchLoader
from training.data.dataset import Dataset
from training.data.outliers import Outliers


def batches(loader: BatchLoader, epoch: int = 0) -> list[Batch]:
    return [loader.batch(epoch, step, chosen) for step, chosen in enumerate(loader.order(epoch))]


def order(loader: BatchLoader, epoch: int = 0) -> list[bytes]:
    return [picture.tobytes() for batch in batches(loader, epoch) for picture in batch.pictures]


def test_an_epoch_has_every_photo_of_the_split_once(prepared: Dataset) -> None:
    loader = BatchLoader(prepared, "train", batch=5, seed=3)
    expected = sorted(prepared.pictures[i].tobytes() for i in prepared.indices("train"))
    assert sorted(order(loader, 4)) == expected


@pytest.mark.parametrize(
    ("batch", "sizes"), [(1, [1] * 12), (5, [4, 4, 4]), (11, [6, 6]), (12, [12]), (100, [12])]
)
def test_photos_are_spread_evenly_over_the_steps(prepared: Dataset, batch: int, sizes: list[int]) -> None:
    loader = BatchLoader(prepared, "train", batch)
    assert [len(b.pictures) for b in batches(loader)] == sizes
    assert loader.steps == len(sizes)


def test_images_have_their_own_labels(prepared: Dataset) -> None:
    labels = {p.tobytes(): label for p, label in zip(prepared.pictures, prepared.labels, strict=True)}
    for batch in batches(BatchLoader(prepared, "train", batch=5, seed=3), 2):
        assert batch.labels.shape == (len(batch.pictures), 3)
        assert batch.labels.sum(axis=1).tolist() == [1] * len(batch.pictures)
        assert [labels[p.tobytes()] for p in batch.pictures] == batch.labels.argmax(axis=1).tolist()


def test_seed_and_epoch_decide_the_order(prepared: Dataset) -> None:
    first = order(BatchLoader(prepared, "train", batch=5, seed=3), 1)
    assert order(BatchLoader(prepared, "train", batch=5, seed=3), 1) == first
    assert order(BatchLoader(prepared, "train", batch=12, seed=3), 1) == first
    assert order(BatchLoader(prepared, "train", batch=5, seed=3), 2) != first
    assert order(BatchLoader(prepared, "train", batch=5, seed=4), 1) != first


def test_without_a_seed_the_order_is_the_data_sets(prepared: Dataset) -> None:
    loader = BatchLoader(prepared, "validation", batch=4)
    lying = [prepared.pictures[i].tobytes() for i in prepared.indices("validation")]
    assert order(loader) == order(loader, 7) == lying


class TestClassWeights:
    def weights(self, prepared: Dataset, power: float) -> dict[int, float]:
        """Return the photo weight of each class, with most photos of the first class removed."""
        loader = BatchLoader(prepared, "train", batch=100)
        first = np.flatnonzero(loader.labels[loader.indices] == 0)
        chosen = np.delete(loader.indices, first[1:])
        loader = BatchLoader(_Only(prepared, chosen), "train", batch=100, class_weight_power=power)
        [batch] = batches(loader)
        assert batch.weights.mean() == pytest.approx(1)
        return dict(zip(batch.labels.argmax(axis=1).tolist(), batch.weights.tolist(), strict=True))

    def test_power_0_weighs_photos_equally(self, prepared: Dataset) -> None:
        assert set(self.weights(prepared, 0).values()) == {1.0}

    def test_power_1_weighs_species_equally(self, prepared: Dataset) -> None:
        weights = self.weights(prepared, 1)
        assert weights[0] == pytest.approx(4 * weights[1])

    def test_power_one_half_is_between(self, prepared: Dataset) -> None:
        weights = self.weights(prepared, 0.5)
        assert weights[0] == pytest.approx(2 * weights[1])


class TestMixup:
    def test_images_and_labels_are_mixed_with_the_same_weight(self, prepared: Dataset) -> None:
        plain = BatchLoader(prepared, "train", batch=12, seed=3)
        mixed = BatchLoader(prepared, "train", batch=12, seed=3, mixup=0.4)
        [one], [other] = batches(plain), batches(mixed)
        assert other.labels.sum(axis=1) == pytest.approx([1] * 12)
        shares = one.labels.T @ other.labels
        assert 0 < shares[0, 1] < 4
        assert other.pictures.dtype == np.uint8
        # What is mixed is no stronger than what it is mixed from.
        assert other.pictures.mean() == pytest.approx(one.pictures.mean(), abs=1)

    def test_mixup_is_deterministic(self, prepared: Dataset) -> None:
        loader = BatchLoader(prepared, "train", batch=4, seed=3, mixup=0.4)
        first, second = batches(loader, 1), batches(loader, 1)
        for one, other in zip(first, reversed(list(reversed(second))), strict=True):
            assert np.array_equal(one.pictures, other.pictures)
            assert np.array_equal(one.labels, other.labels)
        assert order(loader, 1) != order(loader, 2)

    def test_validation_has_no_mixup(self, prepared: Dataset) -> None:
        [batch] = batches(BatchLoader(prepared, "validation", batch=100, mixup=0.4))
        assert set(np.unique(batch.labels)) == {0, 1}


class _Only(Dataset):
    """A data set with the same photos in every split."""

    def __init__(self, dataset: Dataset, chosen: np.ndarray) -> None:
        super().__init__(dataset.directory)
        self.chosen = chosen

    def indices(self, split: str) -> np.ndarray:
        return self.chosen


class TestOutliers:
    def loader(self, prepared: Dataset, **shares: float) -> BatchLoader:
        return BatchLoader(prepared, "train", batch=4, seed=3, mixup=0.2, outliers=Outliers(**shares))

    def test_they_follow_the_photos_and_have_uniform_labels(self, prepared: Dataset) -> None:
        plain = batches(BatchLoader(prepared, "train", batch=4, seed=3, mixup=0.2), 2)
        for batch, photos in zip(batches(self.loader(prepared, textures=0.5), 2), plain, strict=True):
            assert np.array_equal(batch.pictures[:4], photos.pictures)
            assert np.array_equal(batch.labels[:4], photos.labels)
            assert batch.pictures.shape == (6, *photos.pictures.shape[1:])
            assert batch.labels[4:] == pytest.approx(1 / 3)
            assert batch.weights.tolist() == [1] * 6

    def test_seed_epoch_and_step_decide_them(self, prepared: Dataset) -> None:
        def outliers(epoch: int) -> list[bytes]:
            loader = self.loader(prepared, textures=0.5)
            return [picture.tobytes() for batch in batches(loader, epoch) for picture in batch.pictures[4:]]

        assert outliers(1) == outliers(1)
        assert len(set(outliers(1) + outliers(2))) == 2 * len(outliers(1))

    def test_background_crops_come_from_training_photos(self, prepared: Dataset) -> None:
        loader = self.loader(prepared, textures=0.25, bare_ground=0.25)
        found = {window.picture for window in loader.outliers.background.windows}
        assert found
        assert found <= set(prepared.indices("train").tolist())
        assert [len(batch.pictures) for batch in batches(loader)] == [6, 6, 6]

    def test_without_background_crops_there_are_fewer(self, prepared: Dataset) -> None:
        loader = self.loader(prepared, textures=0.25, bare_ground=0.25)
        loader.outliers.background.windows.clear()
        assert [len(batch.pictures) for batch in batches(loader)] == [5, 5, 5]

    def test_validation_has_no_outliers(self, prepared: Dataset) -> None:
        loader = BatchLoader(prepared, "validation", batch=4, outliers=Outliers(textures=1))
        assert len(order(loader)) == len(loader.indices)
