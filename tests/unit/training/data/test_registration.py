"""Shifted, zoomed, turned and mirrored copies are found; photos of other plants are not."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data.duplicates import connected_groups
from training.data.registration import MIN_CORRELATION, correlation, registered_pairs


@pytest.fixture(scope="module")
def plants(seedlings: Path) -> list[Image.Image]:
    return [Image.open(path).convert("RGB").resize((224, 224)) for path in sorted(seedlings.glob("*.jpg"))]


def moved(image: Image.Image, angle: float = 0, zoom: float = 1, shift: int = 0) -> Image.Image:
    """Return the photo as another handheld shot would show it."""
    padded = Image.fromarray(np.pad(np.asarray(image), ((40, 40), (40, 40), (0, 0)), mode="reflect"))
    half = 112 / zoom
    left, top = 152 - half + shift, 152 - half - shift
    box = (left, top, left + 2 * half, top + 2 * half)
    return padded.rotate(angle, Image.Resampling.BICUBIC).resize(
        (224, 224), Image.Resampling.BICUBIC, box=box
    )


SHOTS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "shifted": lambda image: moved(image, shift=11),
    "zoomed": lambda image: moved(image, zoom=1.1),
    "turned": lambda image: moved(image, angle=5),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
}


def test_every_shot_is_grouped_with_its_plant(plants: list[Image.Image]) -> None:
    photos = [*plants, *(shot(plant) for shot in SHOTS.values() for plant in plants)]
    groups = connected_groups(
        registered_pairs(np.stack([np.asarray(photo) for photo in photos])), len(photos)
    )
    assert groups.tolist() == list(range(len(plants))) * (1 + len(SHOTS))


def test_other_plants_correlate_less(plants: list[Image.Image]) -> None:
    first, *others = (np.asarray(plant) for plant in plants)
    assert max(correlation(first, other) for other in others) < MIN_CORRELATION - 0.1


def test_one_photo() -> None:
    assert connected_groups(registered_pairs(np.zeros((1, 32, 32, 3), np.uint8)), 1).tolist() == [0]
