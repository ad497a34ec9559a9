"""Evidence lies where the model saw it, in the photo's own frame."""

import numpy as np
import pytest
from numpy.typing import NDArray

from frond_classify.activation_map import evidence_matrix


def saw(row: int, column: int) -> NDArray[np.float32]:
    """Logits of three species by position; the second is seen at one place."""
    logits = np.zeros((7, 7, 3), np.float32)
    logits[row, column, 1] = 6
    return logits


def test_a_square_photo_has_the_models_own_grid() -> None:
    matrix = np.array(evidence_matrix(saw(2, 5), 1, 800, 800))
    assert matrix.shape == (7, 7)
    assert matrix[2, 5] == 1
    assert matrix.sum() == 1


@pytest.mark.parametrize(
    ("width", "height", "shape"), [(4032, 3024, (7, 9)), (3024, 4032, (9, 7)), (300, 100, (7, 21))]
)
def test_the_matrix_has_the_photos_shape(width: int, height: int, shape: tuple[int, int]) -> None:
    assert np.array(evidence_matrix(saw(3, 3), 1, width, height)).shape == shape


def test_what_the_model_did_not_look_at_has_none() -> None:
    everywhere = np.zeros((7, 7, 3), np.float32)
    everywhere[..., 1] = 6
    matrix = np.array(evidence_matrix(everywhere, 1, 2100, 700))
    assert np.array_equal(matrix[:, :7], np.zeros((7, 7)))
    assert np.array_equal(matrix[:, 7:14], np.ones((7, 7)))
    assert np.array_equal(matrix[:, 14:], np.zeros((7, 7)))


@pytest.mark.parametrize(("width", "height"), [(2100, 700), (700, 2100), (1000, 900), (640, 480)])
def test_what_was_seen_stays_where_it_was(width: int, height: int) -> None:
    """The centre of gravity on the photo is that of the spot on the centred square."""
    matrix = np.array(evidence_matrix(saw(1, 4), 1, width, height))
    rows, columns = matrix.shape
    side = min(width, height)
    x = ((np.arange(columns) + 0.5) / columns * width * matrix.sum(axis=0)).sum() / matrix.sum()
    y = ((np.arange(rows) + 0.5) / rows * height * matrix.sum(axis=1)).sum() / matrix.sum()
    cell = side / 7
    assert x == pytest.approx((width - side) / 2 + 4.5 * cell, abs=cell / 2)
    assert y == pytest.approx((height - side) / 2 + 1.5 * cell, abs=cell / 2)


def test_what_speaks_for_every_species_speaks_for_none() -> None:
    assert np.array(evidence_matrix(np.full((7, 7, 3), 9, np.float32), 1, 10, 10)).max() == 0


def test_what_speaks_against_counts_as_nothing() -> None:
    matrix = np.array(evidence_matrix(-saw(2, 2), 1, 10, 10))
    assert matrix.min() >= 0
    assert matrix[2, 2] == 0
