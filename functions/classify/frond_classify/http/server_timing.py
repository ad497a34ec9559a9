"""Durations of a request's stages, for the `Server-Timing` header."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class ServerTiming:
    """Durations of stages; a stage that runs several times adds up."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, stage: str) -> Iterator[None]:
        """Measure the block as a stage, also if it raises."""
        began = perf_counter()
        try:
            yield
        finally:
            self._seconds[stage] = self._seconds.get(stage, 0) + perf_counter() - began

    def add(self, stage: str, milliseconds: float) -> None:
        """Add a stage that another function ran, before this one started."""
        self._seconds[stage] = self._seconds.get(stage, 0) + milliseconds / 1000
        self._started -= milliseconds / 1000

    def has(self, stage: str) -> bool:
        """Return whether a stage ran, successfully or not."""
        return stage in self._seconds

    def milliseconds(self, stage: str) -> float:
        """Return the duration of a stage; 0 if it did not run."""
        return round(1000 * self._seconds.get(stage, 0), 1)

    @property
    def total(self) -> float:
        """Milliseconds since the start."""
        return round(1000 * (perf_counter() - self._started), 1)

    def header(self) -> str:
        """Return the value of the `Server-Timing` header (https://www.w3.org/TR/server-timing/)."""
        stages = {stage: self.milliseconds(stage) for stage in self._seconds} | {"total": self.total}
        return ", ".join(f"{stage};dur={duration}" for stage, duration in stages.items())
