"""When a photo deserves a second look: its mirror images, too, and the mean of what is said of them.

Test-time augmentation, but only where it can matter: most photos are answered from one inference.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from frond.ood_scores import Reals

# Along which axes of ``[rows, columns, ...]`` a picture is mirrored: top to bottom, left to right, both.
MIRRORS: tuple[tuple[int, ...], ...] = ((0,), (1,), (0, 1))


class TTASettings(BaseModel):
    """How near the two likeliest species may be before the model looks again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gap_below: float = Field(
        gt=0, description="Look again where the two highest logits are less than this apart"
    )

    def wanted(self, logits: Reals) -> NDArray[np.bool_]:
        """Return for which photos, by ``logits [..., K]`` of the first look."""
        return gap(logits) < self.gap_below


def gap(logits: Reals) -> NDArray[np.float64]:
    """Return how far the two highest of ``logits [..., K]`` are apart, ``float64[...]``, at least 0."""
    ordered = np.partition(logits.astype(np.float64), -2, axis=-1)
    return np.asarray(ordered[..., -1] - ordered[..., -2])
