"""How many cores a machine really lends: a rented one may show two and for minutes give the work of one."""

import time

import numpy as np
from threadpoolctl import threadpool_limits

# A share of what so many cores would do, by which one is told from two.
ENOUGH = 0.75
PATIENCE_S = 90
PAUSE_S = 1.0
_SIDE = 768
_TRIES = 3


class Cores:
    """Waits until as many cores are there as threads are wanted, with some patience for a whole run.

    Attributes
    ----------
    threads
        How many are wanted.
    looks, short
        How often it looked, and how often it went on without, its patience being over.
    """

    def __init__(self, threads: int, patience: float = PATIENCE_S) -> None:
        self.looks = self.short = 0
        self.threads = threads
        self._patience = patience
        draw = np.random.default_rng(0)
        self._left, self._right = (draw.random((_SIDE, _SIDE), np.float32) for _ in range(2))

    def wait(self) -> None:
        """Return when they are there, or when no patience is left."""
        self.looks += 1
        while self.threads > 1 and self.lent() < ENOUGH * self.threads:
            if self._patience <= 0:
                self.short += 1
                return
            self._patience -= PAUSE_S
            time.sleep(PAUSE_S)

    def lent(self) -> float:
        """Return how many times the work of one thread is done by all."""
        return self._seconds(1) / self._seconds(self.threads)

    def told(self) -> str:
        """Say how often they were not there."""
        return f"{self.short} of {self.looks} turns with {self.threads} threads had fewer cores"

    def _seconds(self, threads: int) -> float:
        with threadpool_limits(threads):
            return min(self._product() for _ in range(_TRIES))

    def _product(self) -> float:
        began = time.perf_counter()
        self._left @ self._right
        return time.perf_counter() - began
