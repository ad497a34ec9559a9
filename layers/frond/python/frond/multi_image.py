"""Pooling of several photos of one plant into one classification."""

import math

import numpy as np
from numpy.typing import NDArray

from frond.ood_scores import Reals


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
