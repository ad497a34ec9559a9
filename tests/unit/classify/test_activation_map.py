"""Class activation maps are in the photo's own frame."""

import numpy as np
import pytest
from numpy.typing import NDArray

from frond_classify.activation_map import class_activation_map


def logits_at(row: int, column: int) -> NDArray[np.float32]:
    """Return logits of three species by position; the second is active at one position."""
    logits = np.zeros((7, 7, 3), np.float32)
    logits[row, column, 1] = 6
    return logits


def test_the_map_of_a_square_photo_has_the_models_grid() -> None:
    matrix = np.array(class_activation_map(logits_at(2, 5), 1, 800, 800))
    assert matrix.shape == (7, 7)
    assert matrix[2, 5] == 1
    assert matrix.sum() == 1


@pytest.mark.parametrize(
    ("width", "height", "shape"), [(4032, 3024, (7, 9)), (3024, 4032, (9, 7)), (300, 100, (7, 21))]
)
def test_the_map_has_the_photos_aspect_ratio(width: int, height: int, shape: tuple[int, int]) -> None:
    assert np.array(class_activation_map(logits_at(3, 3), 1, width, height)).shape == shape


def test_the_map_is_zero_outside_the_models_input() -> None:
    everywhere = np.zeros((7, 7, 3), np.float32)
    everywhere[..., 1] = 6
    matrix = np.array(class_activation_map(everywhere, 1, 2100, 700))
    assert np.array_equal(matrix[:, :7], np.zeros((7, 7)))
    assert np.array_equal(matrix[:, 7:14], np.ones((7, 7)))
    assert np.array_equal(matrix[:, 14:], np.zeros((7, 7)))


@pytest.mark.parametrize(("width", "height"), [(2100, 700), (700, 2100), (1000, 900), (640, 480)])
def test_an_activation_keeps_its_position(width: int, height: int) -> None:
    """The centre of gravity on the photo is that of the spot on the centred square."""
    matrix = np.array(class_activation_map(logits_at(1, 4), 1, width, height))
    rows, columns = matrix.shape
    side = min(width, height)
    x = ((np.arange(columns) + 0.5) / columns * width * matrix.sum(axis=0)).sum() / matrix.sum()
    y = ((np.arange(rows) + 0.5) / rows * height * matrix.sum(axis=1)).sum() / matrix.sum()
    cell = side / 7
    assert x == pytest.approx((width - side) / 2 + 4.5 * cell, abs=cell / 2)
    assert y == pytest.approx((height - side) / 2 + 1.5 * cell, abs=cell / 2)


def test_activation_shared_by_all_species_is_zero() -> None:
    assert np.array(class_activation_map(np.full((7, 7, 3), 9, np.float32), 1, 10, 10)).max() == 0


def test_negative_activation_is_zero() -> None:
    matrix = np.array(class_activation_map(-logits_at(2, 2), 1, 10, 10))
    assert matrix.min() >= 0
    assert matrix[2, 2] == 0
