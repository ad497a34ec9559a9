"""Confidence intervals of shares and of means."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

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


@dataclass(frozen=True, slots=True)
class Resamples:
    """Bootstrap resamples of N photos by group (the cluster bootstrap, Davison & Hinkley 1997, section 3.8).

    Photos of one plant err together, so a resample takes or leaves all photos of a group.

    Attributes
    ----------
    members
        ``int64[N]``, the group of each photo, counted from 0.
    weights
        ``int64[R, G]``, how often each resample has each group.
    """

    members: NDArray[np.int64]
    weights: NDArray[np.int64]

    @classmethod
    def of(cls, groups: NDArray[np.int64] | Sequence[str]) -> Self:
        """Draw :data:`RESAMPLES` resamples, the same ones for the same groups."""
        names, members = np.unique(groups, return_inverse=True)
        shares = np.full(len(names), 1 / len(names))
        draw = np.random.default_rng(0)
        return cls(members.ravel(), draw.multinomial(len(names), shares, size=RESAMPLES))

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of ``values [N, …]`` in each resample, ``float64[R, …]``."""
        totals = np.zeros((self.weights.shape[1], *values.shape[1:]))
        np.add.at(totals, self.members, values)
        return np.asarray(self.weights @ totals, dtype=np.float64)


def mean_interval(
    values: NDArray[np.float64], groups: NDArray[np.int64] | Sequence[str]
) -> tuple[float, float]:
    """Return the 2.5 and 97.5 percentiles of the mean over resampled groups (the bootstrap, Efron 1979).

    Parameters
    ----------
    values
        ``float64[N]``, of each photo.
    groups
        The group of each photo: a plant, a plot, or near-duplicates.
    """
    resamples = Resamples.of(groups)
    means = resamples.sums(values) / resamples.sums(np.ones(len(values)))
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)
