"""Several photos of one plant as one answer."""

import math

import numpy as np
from numpy.typing import NDArray

from frond.ood_scores import Reals


def fused_logits(logits: Reals) -> NDArray[np.float32]:
    """Return the logits that n photos of one plant have together, ``float32[..., K]``.

    A logarithmic opinion pool (Genest & Zidek 1986) of the photos' probabilities, made more extreme by
    √n (Satopää et al. 2014, "Combining multiple probability predictions using a simple logit model"):
    the mean of the logits times √n. The plain mean (n⁰) is right for n times the same photo, the sum (n¹)
    for photos that err independently; photos of one plant lie between. One photo keeps its logits, bit for
    bit.

    Parameters
    ----------
    logits
        ``[..., n, K]``, of n ≥ 1 photos.
    """
    fused: NDArray[np.float32] = logits.sum(axis=-2, dtype=np.float32) / math.sqrt(logits.shape[-2])
    return fused


def fused_score(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the score that n photos have together, their mean, ``float64[...]``.

    A single photo that looks known by chance is not enough then, nor is a single bad one.

    Parameters
    ----------
    scores
        ``[..., n]``, of :mod:`frond.ood_scores`, of n ≥ 1 photos.
    """
    return np.asarray(scores.mean(axis=-1))
