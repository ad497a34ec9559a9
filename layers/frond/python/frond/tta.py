"""Test-time augmentation of close calls: the mean of the model's outputs for a photo and its mirror images.

A photo whose top two logits are far apart is classified from one inference.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from frond.ood_scores import Reals

# Axes of ``[rows, columns, ...]`` to flip: top to bottom, left to right, both.
FLIP_AXES: tuple[tuple[int, ...], ...] = ((0,), (1,), (0, 1))


class TTASettings(BaseModel):
    """The largest gap of the top two logits at which a photo is augmented."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gap_below: float = Field(gt=0, description="Augment where the top two logits differ by less")

    def is_close_call(self, logits: Reals) -> NDArray[np.bool_]:
        """Return which photos are augmented, by ``logits [..., K]`` of the original picture."""
        return logit_gap(logits) < self.gap_below


def logit_gap(logits: Reals) -> NDArray[np.float64]:
    """Return the difference of the top two of ``logits [..., K]``, ``float64[...]``, at least 0."""
    ordered = np.partition(logits.astype(np.float64), -2, axis=-1)
    return np.asarray(ordered[..., -1] - ordered[..., -2])
