"""Textures made in other processes, since the drawing of one holds Python's lock for ten milliseconds."""

import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.data.textures import make_textures

MAX_WORKERS = 16

Drawn = tuple[NDArray[np.uint8], np.random.Generator]


def draw_textures(count: int, size: int, random: np.random.Generator) -> Drawn:
    """Return textures ``uint8[count, size, size, 3]``, and the generator after them."""
    return make_textures(count, size, random), random


class TexturePool:
    """Worker processes that draw the same textures as this one would; they start with the first textures."""

    def __init__(self, workers: int | None = None) -> None:
        self._pool = ProcessPoolExecutor(
            workers or min(os.cpu_count() or 1, MAX_WORKERS),
            # Forking a process with threads (TensorFlow's) can deadlock.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_ignore_interrupts,
        )

    def draw(self, count: int, size: int, random: np.random.Generator) -> Drawn:
        """Draw textures in a worker process, and wait for them; other threads may do the same meanwhile."""
        if not count:
            return draw_textures(count, size, random)
        try:
            return self._pool.submit(draw_textures, count, size, random).result()
        except BrokenProcessPool:  # A killed worker must not end hours of training.
            return draw_textures(count, size, random)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the parent, which ends the workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
