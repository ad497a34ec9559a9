"""Background crops contain no green, and every photo with room for one has one."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from training.data.background import BackgroundCrops, advice, green_share
from training.data.dataset import Dataset
from training.errors import TrainingError

SIZE = 96
GROUND, LEAF = (120, 100, 85), (70, 120, 50)


def photo(leaf: tuple[slice, slice] | None) -> NDArray[np.uint8]:
    """Return a photo of soil with one leaf."""
    grain = np.random.default_rng(0).normal(0, 12, (SIZE, SIZE, 1))
    pixels = np.clip(np.array(GROUND) + grain, 0, 255).astype(np.uint8)
    if leaf:
        pixels[leaf] = LEAF
    return pixels


def background(*photos: NDArray[np.uint8]) -> BackgroundCrops:
    return BackgroundCrops(np.stack(photos), np.arange(len(photos)))


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (None, (0, 0, 64)),
        ((slice(0, 40), slice(None)), (40, 0, 48)),
        ((slice(None), slice(0, 60)), (0, 64, 32)),
    ],
    ids=["no leaf", "a leaf above", "a leaf on the left"],
)
def test_the_largest_square_without_green_is_found(
    leaf: tuple[slice, slice] | None, expected: tuple[int, int, int]
) -> None:
    [window] = background(photo(leaf)).windows
    assert window == (0, *expected)


def test_a_photo_full_of_leaves_has_no_crop() -> None:
    full = photo((slice(None, None, 4), slice(None)))
    found = background(full, photo(None), full)
    assert [window.picture for window in found.windows] == [1]


def test_only_the_given_indices_are_searched() -> None:
    pictures = np.stack([photo(None)] * 3)
    assert [w.picture for w in BackgroundCrops(pictures, np.array([2])).windows] == [2]
    assert BackgroundCrops(pictures, np.array([], dtype=np.int64)).windows == []


def test_crops_are_enlarged_and_without_green() -> None:
    sampled = background(photo((slice(0, 40), slice(None)))).sample(3, np.random.default_rng(1))
    assert sampled.shape == (3, SIZE, SIZE, 3)
    assert np.abs(sampled.mean(axis=(0, 1, 2)) - GROUND).max() < 5


class TestSaving:
    def test_one_file_per_crop_named_by_its_image(self, tmp_path: Path) -> None:
        found = background(photo((slice(None), slice(None))), photo(None), photo((slice(0, 40), slice(None))))
        found.save(tmp_path / "bare" / "ground")
        files = sorted((tmp_path / "bare" / "ground").iterdir())
        assert [file.name for file in files] == ["000001.png", "000002.png"]
        for file, window in zip(files, found.windows, strict=True):
            assert np.array_equal(np.asarray(Image.open(file)), found.enlarged(window))
        assert [path.name for path in (tmp_path / "bare").iterdir()] == ["ground"]

    def test_an_existing_folder_is_not_changed(self, tmp_path: Path) -> None:
        (tmp_path / "mine.png").write_bytes(b"mine")
        with pytest.raises(TrainingError, match="exists already"):
            background(photo(None)).save(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["mine.png"]

    def test_without_a_crop_no_folder_is_created(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="without green"):
            background(photo((slice(None), slice(None)))).save(tmp_path / "ground")
        assert list(tmp_path.iterdir()) == []


def test_photos_of_seedlings_have_background_crops(prepared: Dataset) -> None:
    found = BackgroundCrops(prepared.pictures, np.arange(len(prepared.pictures)))
    assert found.windows
    for window in found.windows:
        _, top, left, side = window
        square = prepared.pictures[window.picture][top : top + side, left : left + side].astype(int)
        assert (2 * square[..., 1] - square[..., 0] - square[..., 2] > 30).mean() < 0.01


def test_plants_that_are_not_green_are_a_warning() -> None:
    green, red = photo((slice(0, 40), slice(None))), photo(None)
    red[:40] = (180, 40, 30)

    assert advice(green_share(np.stack([green] * 19 + [red]), np.arange(20))) is None
    warning = advice(green_share(np.stack([green] + [red] * 3), np.arange(4)))
    assert warning is not None
    assert "Only 25% of the photos show something green" in warning
