"""Logs and metrics of a function: Powertools, set by its ``POWERTOOLS_…`` variables."""

import os
import platform
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from frond.pricing import Architecture, invocation_dollars

__all__ = ["MetricUnit", "costs", "logger", "metrics", "timed"]

# Many an invocation has nothing to count; that is no news.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics(namespace="Frond")


@contextmanager
def timed(metric: str) -> Iterator[None]:
    """Count how long something takes, in milliseconds, whether or not it succeeds."""
    started = perf_counter()
    try:
        yield
    finally:
        metrics.add_metric(metric, MetricUnit.Milliseconds, round(1000 * (perf_counter() - started), 2))


class Costs:
    """What this process costs, as the metric ``PhotosCost`` in dollars; the first call pays the start."""

    def __init__(self) -> None:
        self._start = 0.0

    def started(self) -> None:
        """Take down how long the start took, now that the process can take its first call."""
        self._start = _process_age()

    def count(self, milliseconds: float) -> None:
        """Count an invocation that took so long; not where nobody says how much memory there is."""
        memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        if memory is None:
            return
        billed, self._start = milliseconds + self._start, 0.0
        architecture: Architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
        dollars = invocation_dollars(billed, int(memory), architecture)
        metrics.add_metric("PhotosCost", MetricUnit.NoUnit, round(dollars, 12))

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count an invocation, whether or not it succeeds."""
        started = perf_counter()
        try:
            yield
        finally:
            self.count(1000 * (perf_counter() - started))


def _process_age() -> float:
    """Return the milliseconds since this process began; 0 where the system does not tell."""
    if sys.platform != "linux":
        return 0.0
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22; the name before may hold spaces.
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return 1000 * (time.clock_gettime(time.CLOCK_BOOTTIME) - began)


costs = Costs()
