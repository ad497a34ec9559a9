"""What the model says of many photos, and what they show."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Outputs(Protocol):
    """What the model says of N photos."""

    @property
    def logits(self) -> NDArray[np.float32]:
        """``float32[N, K]``."""

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """``float32[N, E]``."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the model says of photos of its own species, and which species each one shows.

    Attributes
    ----------
    outputs
        Of N photos.
    labels
        ``int64[N]``.
    """

    outputs: Outputs
    labels: NDArray[np.int64]
