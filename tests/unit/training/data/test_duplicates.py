"""Near-duplicates share a group, photos of different plants do not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageEnhance

from frond.preprocessing import PreprocessingSpec, read_photo
from tests.support.sample_images import encoded
from training.data import duplicates
from training.data.duplicates import difference_hash, near_duplicate_groups

RECIPE = PreprocessingSpec(size=160)


def hashed(image: Image.Image, quality: int = 95) -> NDArray[np.uint64]:
    return difference_hash(read_photo(encoded(image, "JPEG", quality=quality), RECIPE).pixels)


@pytest.fixture(scope="module")
def plants(seedlings: Path) -> list[Image.Image]:
    return [Image.open(path).convert("RGB") for path in sorted(seedlings.glob("*.jpg"))]


def test_different_plants_are_in_different_groups(plants: list[Image.Image]) -> None:
    groups = near_duplicate_groups(np.stack([hashed(plant) for plant in plants]))
    assert sorted(groups) == list(range(len(plants)))


COPIES: dict[str, Callable[[Image.Image], tuple[Image.Image, int]]] = {
    "compressed": lambda image: (image, 30),
    "half as large": lambda image: (image.resize((112, 112)), 90),
    "shifted": lambda image: (ImageChops.offset(image, 2, 1), 90),
    "cropped": lambda image: (image.crop((2, 2, 222, 222)), 90),
    "brighter": lambda image: (ImageEnhance.Brightness(image).enhance(1.2), 90),
    "grey": lambda image: (image.convert("L"), 90),
}


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_in_its_originals_group(plants: list[Image.Image], copy: str) -> None:
    for plant in plants:
        changed, quality = COPIES[copy](plant)
        assert len(set(near_duplicate_groups(np.stack([hashed(plant), hashed(changed, quality)])))) == 1


@pytest.mark.parametrize("turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90])
def test_a_rotated_copy_is_not_a_near_duplicate(plants: list[Image.Image], turn: Image.Transpose) -> None:
    for plant in plants:
        assert len(set(near_duplicate_groups(np.stack([hashed(plant), hashed(plant.transpose(turn))])))) == 2


class TestGroups:
    """Groups of synthetic hashes with known distances."""

    def hashes(self, *set_bits: int) -> NDArray[np.uint64]:
        """Return 256-bit hashes, each with its first n bits set."""
        bits = np.array([[i < count for i in range(256)] for count in set_bits])
        return np.packbits(bits, axis=1).view(np.uint64)

    def test_hashes_within_the_distance_share_a_group(self) -> None:
        assert near_duplicate_groups(self.hashes(0, 48, 256)).tolist() == [0, 0, 1]
        assert near_duplicate_groups(self.hashes(0, 49, 256)).tolist() == [0, 1, 2]
        assert near_duplicate_groups(self.hashes(0, 10), max_distance=9).tolist() == [0, 1]

    def test_a_chain_is_one_group(self) -> None:
        assert near_duplicate_groups(self.hashes(0, 120, 40, 200, 80)).tolist() == [0, 0, 0, 1, 0]

    def test_the_chunk_size_changes_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        hashes = np.random.default_rng(2).permutation(self.hashes(*range(0, 256, 20), *range(0, 256, 50)))
        together = near_duplicate_groups(hashes, 15).tolist()
        monkeypatch.setattr(duplicates, "CELLS_AT_ONCE", 60)
        assert near_duplicate_groups(hashes, 15).tolist() == together

    def test_one_photo_and_none(self) -> None:
        assert near_duplicate_groups(self.hashes(7)).tolist() == [0]
        assert near_duplicate_groups(np.empty((0, 4), np.uint64)).tolist() == []
