"""The square around a plant's box, which the classifier sees."""

import numpy as np
import pytest

from frond.detection.square_crop import crop_plant

# The red channel is the column, the green one the row.
PHOTO = np.dstack([*np.meshgrid(np.arange(200), np.arange(100)), np.zeros((100, 200))]).astype(np.uint8)


def extent(crop: np.ndarray) -> tuple[int, int, int, int]:
    """Return the first and last column and row of a crop."""
    return int(crop[0, 0, 0]), int(crop[0, 0, 1]), int(crop[-1, -1, 0]), int(crop[-1, -1, 1])


def test_a_square_box_is_cut_out() -> None:
    crop = crop_plant(PHOTO, (20, 30, 60, 70), 40)
    np.testing.assert_array_equal(crop, PHOTO[30:70, 20:60])


def test_the_square_has_the_longer_side_and_the_centre_of_the_box() -> None:
    assert extent(crop_plant(PHOTO, (80, 40, 120, 60), 40)) == (80, 30, 119, 69)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ((0, 0, 10, 40), (0, 0, 39, 39)),
        ((190, 80, 200, 100), (180, 80, 199, 99)),
        ((0, 40, 200, 60), (50, 0, 149, 99)),
    ],
)
def test_the_square_stays_within_the_photo(
    edges: tuple[float, float, float, float], expected: tuple[int, int, int, int]
) -> None:
    side = expected[2] - expected[0] + 1
    assert extent(crop_plant(PHOTO, edges, side)) == expected


@pytest.mark.parametrize("edges", [(0, 0, 0, 0), (200, 100, 200, 100), (99.7, 50.2, 99.9, 50.3)])
def test_a_box_of_less_than_a_pixel_gives_a_crop(edges: tuple[float, float, float, float]) -> None:
    assert crop_plant(PHOTO, edges, 32).shape == (32, 32, 3)


def test_a_photo_of_one_pixel_gives_a_crop() -> None:
    assert crop_plant(PHOTO[:1, :1], (0, 0, 1, 1), 32).shape == (32, 32, 3)
