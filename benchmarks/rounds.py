"""Interleave turns, and summarize the samples."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Turn = TypeVar("Turn")


def interleaved(turns: Sequence[Turn], rounds: int, seed: int = 0) -> Iterator[tuple[int, Turn]]:
    """Yield every turn once per round, in a random order.

    Disturbances of the machine then affect all turns alike, and no turn always follows the same one.
    """
    draw = random.Random(seed)
    for number in range(rounds):
        order = list(turns)
        draw.shuffle(order)
        for turn in order:
            yield number, turn


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples of a quantity."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median of the samples."""
        return float(np.median(self.values))

    @property
    def p95(self) -> float:
        """95th percentile, linearly interpolated."""
        return float(np.percentile(self.values, 95))

    def times(self, other: "Samples") -> float:
        """Return the ratio of this median to another."""
        return self.median / other.median
