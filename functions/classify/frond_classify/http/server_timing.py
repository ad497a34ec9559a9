"""Where the time of a request goes."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter


class Stopwatch:
    """The stages of one piece of work, each of which may come several times."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count how long something takes, whether or not it succeeds."""
        began = perf_counter()
        try:
            yield
        finally:
            self._seconds[name] = self._seconds.get(name, 0) + perf_counter() - began

    def add(self, name: str, milliseconds: float) -> None:
        """Count what a stage took elsewhere, before the start."""
        self._seconds[name] = self._seconds.get(name, 0) + milliseconds / 1000
        self._started -= milliseconds / 1000

    def ran(self, name: str) -> bool:
        """Tell whether a stage came, and be it that it failed."""
        return name in self._seconds

    def milliseconds(self, name: str) -> float:
        """Return how long a stage took in all; 0 if it never came."""
        return round(1000 * self._seconds.get(name, 0), 1)

    @property
    def total(self) -> float:
        """Milliseconds since the start."""
        return round(1000 * (perf_counter() - self._started), 1)

    def server_timing(self) -> str:
        """Return the stages as a `Server-Timing` header has them (https://www.w3.org/TR/server-timing/)."""
        stages = {name: self.milliseconds(name) for name in self._seconds} | {"total": self.total}
        return ", ".join(f"{name};dur={duration}" for name, duration in stages.items())
