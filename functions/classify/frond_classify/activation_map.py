"""Class activation maps: how much each part of a photo supports a species."""

import numpy as np
from numpy.typing import NDArray

from frond_classify.inference import Matrix


def class_activation_map(evidence: NDArray[np.float32], species: int, width: int, height: int) -> Matrix:
    """Return how much each part of a photo supports a species, in the photo's own frame.

    A class activation map (Zhou et al. 2016, arXiv:1512.04150): the species' logit at each position minus
    the mean of all species' there, because activation shared by all species separates none. Negative values
    become 0.

    Parameters
    ----------
    evidence
        ``float32[R, C, K]``, the logits by position, of the centred square that is the model's input.
    species
        Index of the species among the K.
    width, height
        Of the whole photo, upright, in pixels.

    Returns
    -------
    list
        Rows of numbers from 0 to 1, the largest 1 unless nothing supports the species. Stretched over the
        photo, its cells are about squares; outside the model's input they are 0.
    """
    contrast = np.maximum(evidence[..., species] - evidence.mean(axis=-1), 0)
    highest = float(contrast.max())
    square = contrast / highest if highest > 0 else contrast
    whole = _pad(square, width / height) if width >= height else _pad(square.T, height / width).T
    rows: Matrix = whole.astype(np.float64).round(3).tolist()
    return rows


def _pad(square: NDArray[np.float32], ratio: float) -> NDArray[np.float32]:
    """Pad a square map on both sides to that of a landscape photo with this ratio of width to height."""
    across = square.shape[1]
    columns = round(across * ratio)
    # The middle of each new column, counted in columns of the square; -0.5 and across - 0.5 are its edges.
    middles = (np.arange(columns) + 0.5 - columns / 2) * across * ratio / columns + (across - 1) / 2
    inside = np.abs(middles - (across - 1) / 2) < across / 2
    padded = [np.interp(middles, np.arange(across), row) * inside for row in square]
    return np.array(padded, np.float32)
