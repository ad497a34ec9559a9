"""Squares of a photo without anything green are found where they are, and nowhere else."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from training.data.background import BareGround
from training.data.dataset import Dataset
from training.errors import TrainingError

SIZE = 96
GROUND, LEAF = (120, 100, 85), (70, 120, 50)


def photo(leaf: tuple[slice, slice] | None) -> NDArray[np.uint8]:
    """Grains of ground, with a leaf somewhere."""
    grain = np.random.default_rng(0).normal(0, 12, (SIZE, SIZE, 1))
    pixels = np.clip(np.array(GROUND) + grain, 0, 255).astype(np.uint8)
    if leaf:
        pixels[leaf] = LEAF
    return pixels


def ground(*photos: NDArray[np.uint8]) -> BareGround:
    return BareGround(np.stack(photos), np.arange(len(photos)))


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (None, (0, 0, 64)),
        ((slice(0, 40), slice(None)), (40, 0, 48)),
        ((slice(None), slice(0, 60)), (0, 64, 32)),
    ],
    ids=["no leaf", "a leaf above", "a leaf on the left"],
)
def test_the_largest_bare_square_is_found(
    leaf: tuple[slice, slice] | None, expected: tuple[int, int, int]
) -> None:
    [window] = ground(photo(leaf)).windows
    assert window == (0, *expected)


def test_a_photo_full_of_leaves_has_none() -> None:
    full = photo((slice(None, None, 4), slice(None)))
    found = ground(full, photo(None), full)
    assert [window.picture for window in found.windows] == [1]


def test_only_the_photos_asked_for_are_searched() -> None:
    pictures = np.stack([photo(None)] * 3)
    assert [w.picture for w in BareGround(pictures, np.array([2])).windows] == [2]
    assert BareGround(pictures, np.array([], dtype=np.int64)).windows == []


def test_squares_come_enlarged_and_bare() -> None:
    drawn = ground(photo((slice(0, 40), slice(None)))).draw(3, np.random.default_rng(1))
    assert drawn.shape == (3, SIZE, SIZE, 3)
    assert np.abs(drawn.mean(axis=(0, 1, 2)) - GROUND).max() < 5


class TestSaving:
    def test_a_file_a_square_named_by_its_picture(self, tmp_path: Path) -> None:
        found = ground(photo((slice(None), slice(None))), photo(None), photo((slice(0, 40), slice(None))))
        found.save(tmp_path / "bare" / "ground")
        files = sorted((tmp_path / "bare" / "ground").iterdir())
        assert [file.name for file in files] == ["000001.png", "000002.png"]
        for file, window in zip(files, found.windows, strict=True):
            assert np.array_equal(np.asarray(Image.open(file)), found.enlarged(window))
        assert [path.name for path in (tmp_path / "bare").iterdir()] == ["ground"]

    def test_a_folder_that_is_there_is_not_touched(self, tmp_path: Path) -> None:
        (tmp_path / "mine.png").write_bytes(b"mine")
        with pytest.raises(TrainingError, match="exists already"):
            ground(photo(None)).save(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == ["mine.png"]

    def test_no_square_no_folder(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="without anything green"):
            ground(photo((slice(None), slice(None)))).save(tmp_path / "ground")
        assert list(tmp_path.iterdir()) == []


def test_real_seedlings_leave_some_ground_to_see(prepared: Dataset) -> None:
    found = BareGround(prepared.pictures, np.arange(len(prepared.pictures)))
    assert found.windows
    for window in found.windows:
        _, top, left, side = window
        square = prepared.pictures[window.picture][top : top + side, left : left + side].astype(int)
        assert (2 * square[..., 1] - square[..., 0] - square[..., 2] > 30).mean() < 0.01
