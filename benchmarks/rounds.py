"""Taking turns, and what is said of the figures that come of it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

Turn = TypeVar("Turn")


def interleaved(turns: Sequence[Turn], rounds: int, seed: int = 0) -> Iterator[tuple[int, Turn]]:
    """Yield every turn once a round, each round in another order.

    Whatever the machine does meanwhile, it does to all alike, and nobody always comes after the same.
    """
    draw = random.Random(seed)
    for number in range(rounds):
        order = list(turns)
        draw.shuffle(order)
        for turn in order:
            yield number, turn


@dataclass(frozen=True, slots=True)
class Figures:
    """A quantity measured several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return float(np.median(self.values))

    @property
    def p95(self) -> float:
        """That which 95 % do not exceed, between two values in proportion."""
        return float(np.percentile(self.values, 95))

    def times(self, other: "Figures") -> float:
        """How many times the other's median this median is."""
        return self.median / other.median
