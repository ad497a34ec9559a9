"""Black, blank, dark, noisy and plantless photos are found."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from training.cleaning.image_issues import find_image_issues


@pytest.fixture(scope="module")
def plants(seedlings: Path) -> list[NDArray[np.uint8]]:
    found = [Image.open(path).convert("RGB").resize((96, 96)) for path in sorted(seedlings.glob("*.jpg"))]
    return [np.asarray(photo) for photo in found] * 2


def grey(level: int) -> NDArray[np.uint8]:
    return np.full((96, 96, 3), level, np.uint8)


def soil() -> NDArray[np.uint8]:
    coarse = np.random.default_rng(1).integers(60, 120, (12, 12, 1), dtype=np.uint8)
    image = Image.fromarray(np.repeat(coarse, 3, axis=2)).resize((96, 96), Image.Resampling.BICUBIC)
    return np.asarray(image)


def test_photos_of_plants_have_no_issue(plants: list[NDArray[np.uint8]]) -> None:
    assert find_image_issues(np.stack(plants)) == {}


def test_each_issue_is_named(plants: list[NDArray[np.uint8]]) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    dark = (plants[0] * 0.35).astype(np.uint8)
    pictures = np.stack([*plants, *plants, grey(3), grey(200), noise, soil(), dark])
    found = find_image_issues(pictures)
    assert {photo - 4 * len(plants) // 2: issue for photo, issue in found.items()} == {
        0: "black",
        1: "blank",
        2: "noise",
        3: "no green plant",
        4: "dark",
    }


def test_photos_of_red_fruits_need_no_green() -> None:
    red = soil().copy()
    red[..., 1:] //= 3
    assert find_image_issues(np.stack([red] * 5)) == {}


def test_no_photos() -> None:
    assert find_image_issues(np.zeros((0, 8, 8, 3), np.uint8)) == {}
