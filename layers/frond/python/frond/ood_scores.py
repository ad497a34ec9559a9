"""Out-of-distribution scores, computed from a photo's logits in double precision.

A higher score means that the photo looks more like the training data. The manifest names the score and the
threshold below which a photo is not recognised.
"""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Reals = NDArray[np.float32] | NDArray[np.float64]


class _Score(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class MaximumSoftmax(_Score):
    """The highest softmax probability, 0 to 1 (Hendrycks & Gimpel 2017, arXiv:1610.02136)."""

    name: Literal["maximum_softmax"] = "maximum_softmax"
    temperature: float = Field(default=1, gt=0)

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:  # noqa: ARG002 - one call for all
        """Return the scores ``float64[...]`` of ``logits [..., K]`` and ``embeddings [..., E]``."""
        probabilities = softmax(logits.astype(np.float64) / self.temperature)
        return np.asarray(probabilities.max(axis=-1))


class KLToUniform(_Score):
    """The divergence of the uniform distribution from the softmax, ``KL(uniform ‖ softmax)``, at least 0.

    Up to a constant this is the outlier-exposure loss of the training (Hendrycks et al. 2019,
    arXiv:1812.04606), so photos like the outlier images score low. An offset common to all logits does not
    change the score: softmax and its loss ignore that offset, so the training leaves it arbitrary. The energy
    score is mostly that offset where the logits are nearly equal.
    """

    name: Literal["divergence"] = "divergence"

    def of(self, logits: Reals, embeddings: Reals) -> NDArray[np.float64]:  # noqa: ARG002 - one call for all
        """Return the scores; see :meth:`MaximumSoftmax.of`."""
        mean = logits.mean(axis=-1, dtype=np.float64)
        return np.asarray(logsumexp(logits) - mean - np.log(logits.shape[-1]))


Score = Annotated[MaximumSoftmax | KLToUniform, Field(discriminator="name")]


def softmax(logits: Reals) -> NDArray[np.float64]:
    """Return probabilities along the last axis, in double precision, without overflow."""
    shifted = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    exponentials = np.exp(shifted)
    probabilities: NDArray[np.float64] = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return probabilities


def margin(confidences: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the difference of the top two confidences along the last axis, 0 to 1."""
    ordered = np.sort(confidences, axis=-1)
    top_two: NDArray[np.float64] = ordered[..., -1] - ordered[..., -2]
    return top_two


def logsumexp(logits: Reals) -> NDArray[np.float64]:
    """Return ``log(sum(exp(logits)))`` along the last axis, in double precision, without overflow."""
    values = logits.astype(np.float64)
    top = values.max(axis=-1)
    total: NDArray[np.float64] = top + np.log(np.exp(values - top[..., None]).sum(axis=-1))
    return total
