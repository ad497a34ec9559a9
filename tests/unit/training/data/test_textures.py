"""Textures are decided by the seed, and varied."""

import numpy as np
import pytest

from training.data.textures import make_textures


def test_the_seed_decides_the_textures() -> None:
    first, again, other = (make_textures(6, 48, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert first.shape == (6, 48, 48, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_textures() -> None:
    assert make_textures(0, 48, np.random.default_rng(0)).shape == (0, 48, 48, 3)


def test_they_vary_in_brightness_contrast_and_colour() -> None:
    pictures = make_textures(60, 48, np.random.default_rng(1)).astype(float)
    light = pictures.mean(axis=(1, 2, 3))
    rough = np.abs(np.diff(pictures, axis=2)).mean(axis=(1, 2, 3))
    colour = np.ptp(pictures, axis=3).mean(axis=(1, 2))
    for found, low, high in [(light, 80, 180), (rough, 2, 30), (colour, 15, 100)]:
        assert found.min() < low
        assert found.max() > high


@pytest.mark.parametrize("size", [32, 33])
def test_any_size(size: int) -> None:
    assert make_textures(20, size, np.random.default_rng(2)).shape == (20, size, size, 3)
