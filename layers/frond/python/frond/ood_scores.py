"""How sure one can be that a photo shows something the model knows at all.

Each score is a small model of its own: it carries its parameters in the manifest and is computed from
a photo's logits and embedding, in double precision. Whatever the score, higher means more like
what the model knows, and a threshold in the manifest says how high is high enough.
"""

from functools import cached_property
from typing import Annotated, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Reals = NDArray[np.float32] | NDArray[np.float64]


def _rectangular(rows: list[list[float]]) -> list[list[float]]:
    if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise ValueError("the rows of a matrix must be as long as one another, and not empty")
    return rows


Matrix = Annotated[list[list[float]], AfterValidator(_rectangular)]


class _Score(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @property
    def width(self) -> int | None:
        """How wide an embedding the parameters are for; None if any will do."""
        return None


class MaximumSoftmax(_Score):
    """The first species' probability, 0 to 1 (Hendrycks & Gimpel 2017, arXiv:1610.02136)."""

    name: Literal["maximum_softmax"] = "maximum_softmax"
    temperature: float = Field(default=1, gt=0)

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:  # noqa: ARG002 - one call for all
        """Return the scores ``float64[...]`` of ``logits [..., K]`` and ``embeddings [..., E]``."""
        probabilities = softmax(logits.astype(np.float64) / self.temperature)
        return np.asarray(probabilities.max(axis=-1))


class Energy(_Score):
    """``T · logsumexp(logits / T)``, any real number (Liu et al. 2020, arXiv:2010.03759)."""

    name: Literal["energy"] = "energy"
    temperature: float = Field(default=1, gt=0)

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:  # noqa: ARG002 - one call for all
        """Return the scores; see :meth:`MaximumSoftmax.of`."""
        return energy(logits, self.temperature)


class KLToUniform(_Score):
    """How far the softmax is from having no opinion: ``KL(uniform ‖ softmax(logits))``, at least 0.

    That, but for a constant, is the loss of pictures of nothing in training (Hendrycks et al. 2019,
    arXiv:1812.04606), so what a network learned to have no opinion about scores low. What all logits have
    in common does not count: softmax and its loss do not see it, so training leaves it to chance, and energy
    is little else where the logits are alike.
    """

    name: Literal["divergence"] = "divergence"

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:  # noqa: ARG002 - one call for all
        """Return the scores; see :meth:`MaximumSoftmax.of`."""
        mean = logits.mean(axis=-1, dtype=np.float64)
        return np.asarray(energy(logits, 1) - mean - np.log(logits.shape[-1]))


class Mahalanobis(_Score):
    """Less the distance to the nearest class, at most 0 (Lee et al. 2018, arXiv:1807.03888).

    The classes are taken as clouds of one shape in the embedding. The paper squares the distance, which
    orders photos alike.
    """

    name: Literal["mahalanobis"] = "mahalanobis"
    means: Matrix = Field(description="K rows of E: each class's mean embedding")
    whitening: Matrix = Field(description="E × E: makes the clouds round, A with A·Aᵀ their precision")

    @property
    def width(self) -> int | None:
        """How wide the means are."""
        return len(self.whitening)

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:  # noqa: ARG002 - one call for all
        """Return the scores; see :meth:`MaximumSoftmax.of`."""
        away = embeddings.astype(np.float64)[..., None, :] @ self._whitening - self._centres
        return np.asarray(-np.linalg.norm(away, axis=-1).min(axis=-1))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if {len(self.means[0]), len(self.whitening[0])} != {self.width}:
            raise ValueError("the means and the whitening must be as wide as one another")
        return self

    @cached_property
    def _whitening(self) -> NDArray[np.float64]:
        return np.array(self.whitening)

    @cached_property
    def _centres(self) -> NDArray[np.float64]:
        return np.array(self.means) @ self._whitening


class Vim(_Score):
    """Energy less ``alpha`` times how far the embedding lies outside its main axes (ViM, Wang et al.
    2022, arXiv:2203.10807), any real number.

    The paper looks at the features, around the point where all logits are equal. Here the embedding is a
    PCA of the features already, so its first numbers are the main axes and what is left of it is the
    residual, around the mean of the training photos.
    """

    name: Literal["vim"] = "vim"
    centre: list[float] = Field(min_length=2, description="The mean embedding, E numbers")
    axes: int = Field(ge=1, description="How many of the first numbers are the main axes")
    alpha: float = Field(ge=0, description="Brings residuals to the scale of logits")

    @property
    def width(self) -> int | None:
        """How wide the centre is."""
        return len(self.centre)

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:
        """Return the scores; see :meth:`MaximumSoftmax.of`."""
        return energy(logits, 1) - self.alpha * self.residual(embeddings)

    def residual(self, embeddings: Reals) -> NDArray[np.float64]:
        """Return how far ``embeddings [..., E]`` lie outside the main axes, ``float64[...]``."""
        outside = embeddings.astype(np.float64)[..., self.axes :] - self._centre[self.axes :]
        return np.asarray(np.linalg.norm(outside, axis=-1))

    @model_validator(mode="after")
    def _leaves_a_residual(self) -> Self:
        if self.axes >= len(self.centre):
            raise ValueError("the main axes must be fewer than the embedding has")
        return self

    @cached_property
    def _centre(self) -> NDArray[np.float64]:
        return np.array(self.centre)


class Spread(_Score):
    """Where a score lies on training photos, to weigh it against another."""

    mean: float
    std: float = Field(gt=0)

    def standardised(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return scores in standard deviations from the mean."""
        return (scores - self.mean) / self.std


class EnergyAndMahalanobis(_Score):
    """The sum of the two, each in its standard deviations over training photos; any real number.

    Energy misses what lies far from every class along an axis that the head weighs; the distance misses
    what lies between the classes.
    """

    name: Literal["energy_and_mahalanobis"] = "energy_and_mahalanobis"
    energy: Energy
    energy_spread: Spread
    mahalanobis: Mahalanobis
    mahalanobis_spread: Spread

    @property
    def width(self) -> int | None:
        """How wide the means are."""
        return self.mahalanobis.width

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:
        """Return the scores; see :meth:`MaximumSoftmax.of`."""
        return self.energy_spread.standardised(
            self.energy.of(logits, embeddings)
        ) + self.mahalanobis_spread.standardised(self.mahalanobis.of(logits, embeddings))


Score = Annotated[
    MaximumSoftmax | Energy | KLToUniform | Mahalanobis | Vim | EnergyAndMahalanobis,
    Field(discriminator="name"),
]


def softmax(logits: Reals) -> NDArray[np.float64]:
    """Return probabilities along the last axis, in double precision, safe for any finite logits."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def margin(confidences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far the first confidence is ahead of the second, 0 to 1, along the last axis."""
    ordered = np.sort(confidences, axis=-1)
    ahead: NDArray[np.float64] = ordered[..., -1] - ordered[..., -2]
    return ahead


def energy(logits: Reals, temperature: float) -> NDArray[np.float64]:
    """Return ``T · logsumexp(logits / T)`` along the last axis: high for what the model knows."""
    scaled = logits.astype(np.float64) / temperature
    top = scaled.max(axis=-1)
    score: NDArray[np.float64] = temperature * (top + np.log(np.exp(scaled - top[..., None]).sum(axis=-1)))
    return score
