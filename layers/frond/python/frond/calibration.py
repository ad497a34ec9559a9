"""Calibrated confidences from a network's logits.

A temperature divides all logits (Guo et al. 2017, arXiv:1706.04599). One temperature cannot serve a network
that is sure of most species and guesses between two. So each confused pair shares its probability by a
temperature of its own: the two keep their sum, and Platt scaling of their logits' difference (Platt 1999,
"Probabilistic outputs for support vector machines") divides it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from frond.ood_scores import Reals, softmax


class ConfusedPair(BaseModel):
    """Two species that the network confuses, and the temperature between them."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    species: tuple[str, str] = Field(description="Slugs")
    temperature: float = Field(gt=0, description="Divides the difference of the two logits")

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.species[0] == self.species[1]:
            raise ValueError(f"{self.species[0]} cannot be confused with itself")
        return self


class PairScaling(NamedTuple):
    """The indices of a confused pair's logits, and the temperature between them."""

    first: int
    second: int
    temperature: float


@dataclass(frozen=True, slots=True)
class Calibrator:
    """The map from logits to confidences.

    Attributes
    ----------
    temperature
        Divides the logits before the softmax.
    pairs
        Confused pairs; no species is in two of them.
    """

    temperature: float
    pairs: tuple[PairScaling, ...] = ()

    def confidences(self, logits: Reals) -> NDArray[np.float64]:
        """Return the probabilities ``float64[..., K]`` of ``logits [..., K]``; each row adds up to 1.

        The two of a pair keep their order. A third species can come before both where they share what one
        had.
        """
        probabilities = softmax(logits / self.temperature)
        for first, second, temperature in self.pairs:
            both = probabilities[..., first] + probabilities[..., second]
            gap = logits[..., first].astype(np.float64) - logits[..., second]
            share = _sigmoid(gap / temperature)
            probabilities[..., first], probabilities[..., second] = both * share, both * (1 - share)
        return probabilities


def index_pairs(pairs: Sequence[ConfusedPair], slugs: Sequence[str]) -> tuple[PairScaling, ...]:
    """Return pairs by the indices of their species.

    Raises
    ------
    ValueError
        A species is not among the slugs, or is in two pairs.
    """
    named = [slug for pair in pairs for slug in pair.species]
    if unknown := set(named) - set(slugs):
        raise ValueError(f"confused pairs name unknown species: {', '.join(sorted(unknown))}")
    if len(set(named)) < len(named):
        raise ValueError("a species is in two confused pairs")
    places = {slug: place for place, slug in enumerate(slugs)}
    return tuple(
        PairScaling(places[pair.species[0]], places[pair.species[1]], pair.temperature) for pair in pairs
    )


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    # This form does not overflow.
    return np.asarray(0.5 * (1 + np.tanh(values / 2)))
