"""Why the model says what it says: how much each part of a photo speaks for a species."""

import numpy as np
from numpy.typing import NDArray

Matrix = list[list[float]]


def evidence_matrix(evidence: NDArray[np.float32], species: int, width: int, height: int) -> Matrix:
    """Return how much each part of a photo speaks for a species, in the photo's own frame.

    A class activation map (Zhou et al. 2016, arXiv:1512.04150): the species' logit at each position less
    the mean of all species' there, for what speaks for every species tells nothing apart. What speaks
    against it counts as nothing.

    Parameters
    ----------
    evidence
        ``float32[R, C, K]``, the logits by position, of the centred square that the model looked at.
    species
        Which of the K.
    width, height
        Of the whole photo, upright, in pixels.

    Returns
    -------
    list
        Rows of numbers from 0 to 1, the largest 1 unless nothing speaks for the species. Stretched over the
        photo, its cells are about squares; where the model did not look there are zeros.
    """
    contrast = np.maximum(evidence[..., species] - evidence.mean(axis=-1), 0)
    highest = float(contrast.max())
    square = contrast / highest if highest > 0 else contrast
    whole = _widened(square, width / height) if width >= height else _widened(square.T, height / width).T
    rows: Matrix = whole.astype(np.float64).round(3).tolist()
    return rows


def _widened(square: NDArray[np.float32], ratio: float) -> NDArray[np.float32]:
    """Return a matrix of a wide photo, of the one that covers the square in its middle."""
    across = square.shape[1]
    columns = round(across * ratio)
    # The middle of each new column, counted in columns of the square; -0.5 and across - 0.5 are its edges.
    middles = (np.arange(columns) + 0.5 - columns / 2) * across * ratio / columns + (across - 1) / 2
    inside = np.abs(middles - (across - 1) / 2) < across / 2
    widened = [np.interp(middles, np.arange(across), row) * inside for row in square]
    return np.array(widened, np.float32)
