"""Whole photos for the detector: uncropped, upright, and of a bounded size."""

import io

import numpy as np
import pytest
from PIL import Image

from frond.preprocessing import DecodeLimits, read_whole
from frond.problems import TooManyPixels, UnreadablePhoto

ORIENTATION = 0x0112


def photo(width: int, height: int, kind: str = "JPEG", orientation: int = 1) -> bytes:
    """Return a photo whose left half is red and whose right half is blue, as stored."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    exif, file = Image.Exif(), io.BytesIO()
    exif[ORIENTATION] = orientation
    image.save(file, kind, exif=exif)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_small_photo_keeps_its_pixels(kind: str) -> None:
    whole = read_whole(photo(300, 120, kind))
    assert (whole.pixels.shape, whole.width, whole.height, whole.format) == ((120, 300, 3), 300, 120, kind)
    assert np.ptp(whole.pixels[:, 10], axis=0).max() <= 3
    assert (whole.pixels[60, 10, 0] > 200, whole.pixels[60, 290, 0] < 60) == (True, True)


def test_a_photo_is_turned_upright() -> None:
    # 6: the left side of what is stored is the top.
    whole = read_whole(photo(300, 120, orientation=6))
    assert (whole.pixels.shape, whole.width, whole.height) == ((300, 120, 3), 120, 300)
    assert (whole.pixels[10, 60, 0] > 200, whole.pixels[290, 60, 0] < 60) == (True, True)


@pytest.mark.parametrize("size", [(900, 600), (600, 900), (1000, 40)])
def test_the_longer_side_is_bounded(size: tuple[int, int]) -> None:
    whole = read_whole(photo(*size), side=400)
    height, width = whole.pixels.shape[:2]
    assert max(width, height) <= 400
    assert width / height == pytest.approx(size[0] / size[1], rel=0.05)
    assert (whole.width, whole.height) == size


def test_the_problems_are_those_of_a_classification() -> None:
    with pytest.raises(TooManyPixels):
        read_whole(photo(100, 100), DecodeLimits(max_pixels=5000))
    with pytest.raises(UnreadablePhoto):
        read_whole(photo(100, 100)[:400])
