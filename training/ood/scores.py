"""Out-of-distribution scores that the benchmark compares with those of :mod:`frond.ood_scores`.

The serving layer has no code for these: none of them rejects clearly more than the released model's score.
A score that comes to win the benchmark moves to the layer.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from frond.ood_scores import Reals, logsumexp


class OodScore(Protocol):
    """A score of ``logits [..., K]`` and ``embeddings [..., E]``; high for in-distribution photos."""

    @property
    def name(self) -> str:
        """Its name in ``report/ood_benchmark.json``."""

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:
        """Return the scores, ``float64[...]``."""


@dataclass(frozen=True)
class Energy:
    """Negative energy ``T · logsumexp(logits / T)``, any real number (Liu et al. 2020, arXiv:2010.03759)."""

    name: ClassVar[str] = "energy"
    temperature: float = 1

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:  # noqa: ARG002 - one call for all
        """Return the scores; see :meth:`OodScore.of`."""
        return self.temperature * logsumexp(logits.astype(np.float64) / self.temperature)


@dataclass(frozen=True, eq=False)
class Mahalanobis:
    """The negative distance to the nearest class, at most 0 (Lee et al. 2018, arXiv:1807.03888).

    The classes share one covariance in the embedding. The paper squares the distance, which gives the same
    order of photos.

    Attributes
    ----------
    means
        ``float64[K, E]``, the mean embedding of each class.
    whitening
        ``float64[E, E]``: a matrix A with A·Aᵀ the precision, the inverse of the covariance.
    """

    name: ClassVar[str] = "mahalanobis"
    means: NDArray[np.float64]
    whitening: NDArray[np.float64]

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:  # noqa: ARG002 - one call for all
        """Return the scores; see :meth:`OodScore.of`."""
        offsets = (embeddings.astype(np.float64)[..., None, :] - self.means) @ self.whitening
        return np.asarray(-np.linalg.norm(offsets, axis=-1).min(axis=-1))


@dataclass(frozen=True, eq=False)
class Vim:
    """Energy less ``alpha`` times the norm of the embedding's residual, any real number.

    This is virtual-logit matching (ViM, Wang et al. 2022, arXiv:2203.10807). The paper uses the features,
    with the point where all logits are equal as the origin. Here the embedding is a PCA of the features
    already: its first components are the principal subspace and the rest is the residual, relative to the
    mean of the training photos.

    Attributes
    ----------
    centre
        ``float64[E]``, the mean embedding.
    axes
        How many of the first components span the principal subspace, fewer than E.
    alpha
        Scales residuals to logits, at least 0.
    """

    name: ClassVar[str] = "vim"
    centre: NDArray[np.float64]
    axes: int
    alpha: float

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:
        """Return the scores; see :meth:`OodScore.of`."""
        return logsumexp(logits) - self.alpha * self.residual(embeddings)

    def residual(self, embeddings: Reals) -> NDArray[np.float64]:
        """Return the norms of the residuals of ``embeddings [..., E]``, ``float64[...]``."""
        outside = embeddings.astype(np.float64)[..., self.axes :] - self.centre[self.axes :]
        return np.asarray(np.linalg.norm(outside, axis=-1))


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (above 0) of a score over training photos."""

    mean: float
    std: float

    def standardised(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return z-scores."""
        return (scores - self.mean) / self.std


@dataclass(frozen=True, eq=False)
class EnergyAndMahalanobis:
    """The sum of the z-scores of energy and Mahalanobis distance; any real number.

    Energy misses photos that are far from every class in a direction that the head weighs. The distance
    misses photos between the classes.
    """

    name: ClassVar[str] = "energy_and_mahalanobis"
    energy: Energy
    energy_spread: Spread
    mahalanobis: Mahalanobis
    mahalanobis_spread: Spread

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:
        """Return the scores; see :meth:`OodScore.of`."""
        return self.energy_spread.standardised(
            self.energy.of(logits, embeddings)
        ) + self.mahalanobis_spread.standardised(self.mahalanobis.of(logits, embeddings))
