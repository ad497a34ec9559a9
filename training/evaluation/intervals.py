"""Confidence intervals of shares and of means."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

CONFIDENCE = 0.95
RESAMPLES = 1000


def share_interval(hits: int, photos: int) -> tuple[float, float]:
    """Return the exact 95 % interval of a share (Clopper & Pearson 1934): 180 of 180 is 0.980 to 1.

    Parameters
    ----------
    hits
        How many of the photos count; at most ``photos``.
    photos
        With none, the share may be anything: 0 to 1.
    """
    tail = (1 - CONFIDENCE) / 2
    low = float(beta.ppf(tail, hits, photos - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, photos - hits)) if hits < photos else 1.0
    return low, high


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 2.5 and 97.5 percentiles of the mean over resampled photos (the bootstrap, Efron 1979)."""
    chosen = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[chosen].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)
