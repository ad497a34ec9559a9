"""Hyperparameters for another number of photos a step than a recipe's."""

import math
from dataclasses import dataclass

# Learning rates and momenta of a recipe are for this many photos a step.
REFERENCE_BATCH = 32


@dataclass(frozen=True, slots=True)
class BatchScale:
    """Carries a recipe over to a batch size, so that an epoch teaches the same with fewer, larger steps.

    Sources: Malladi et al. 2022 (arXiv:2205.10287) for Adam, Busbridge et al. 2023 (arXiv:2307.13813) for
    averages of weights.

    Attributes
    ----------
    ratio
        The batch size, divided by ``REFERENCE_BATCH``.
    """

    ratio: float

    @classmethod
    def of(cls, batch: int) -> "BatchScale":
        """Return the scale of a global batch size, 1 or more."""
        return cls(batch / REFERENCE_BATCH)

    def learning_rate(self, rate: float) -> float:
        """Return a rate that grows with the square root of the batch."""
        return rate * math.sqrt(self.ratio)

    def momentum(self, momentum: float) -> float:
        """Return a momentum, 0 to 1, that remembers as many photos as before, in fewer steps."""
        return float(momentum**self.ratio)

    def weight_decay(self, decay: float) -> float:
        """Return a decay that, multiplied by the rate of each step, comes to the same after an epoch."""
        return decay * math.sqrt(self.ratio)
