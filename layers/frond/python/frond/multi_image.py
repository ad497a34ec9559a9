"""Pooling of several photos of one plant into one classification."""

import math

import numpy as np
from numpy.typing import NDArray

from frond.ood_scores import Reals

# Of the photos that would be identified alone; a little less, because two of three are enough.
AGREEMENT = 0.66


def pool_logits(logits: Reals) -> NDArray[np.float32]:
    """Return the pooled logits of n photos of one plant, ``float32[..., K]``: their mean times √n.

    This is a logarithmic opinion pool (Genest & Zidek 1986) of the photos' probabilities, made more extreme
    by √n (Satopää et al. 2014, "Combining multiple probability predictions using a simple logit model").
    The plain mean (n⁰) is right for n copies of one photo, the sum (n¹) for photos whose errors are
    independent; photos of one plant lie between. A single photo's logits stay the same bit for bit.

    Parameters
    ----------
    logits
        ``[..., n, K]``, of n ≥ 1 photos.
    """
    pooled: NDArray[np.float32] = logits.sum(axis=-2, dtype=np.float32) / math.sqrt(logits.shape[-2])
    return pooled


def pool_scores(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean out-of-distribution score of n photos, ``float64[...]``.

    With the mean, neither one high score by chance nor one bad photo decides alone.

    Parameters
    ----------
    scores
        ``[..., n]``, of :mod:`frond.ood_scores`, of n ≥ 1 photos.
    """
    return np.asarray(scores.mean(axis=-1))


def photos_disagree(
    species: NDArray[np.int64], decided: NDArray[np.bool_], pooled: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return whether n photos are hardly of one plant, ``bool[...]``.

    They are not if fewer than two in three of the photos that would be identified alone show the species that
    all show together. A clear photo of another plant then makes the answer uncertain, however clear the rest.

    Parameters
    ----------
    species
        ``[..., n]``, the top-1 species of each photo.
    decided
        ``[..., n]``, whether each photo alone would be identified.
    pooled
        ``[...]``, the top-1 species of all photos together.
    """
    for_it = (decided & (species == pooled[..., np.newaxis])).sum(axis=-1)
    return np.asarray(for_it < AGREEMENT * decided.sum(axis=-1))
