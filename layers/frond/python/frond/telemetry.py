"""Logs and metrics: Powertools, configured by its ``POWERTOOLS_…`` variables."""

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

__all__ = ["DETAILED", "MetricUnit", "add_detail", "costs", "logger", "metrics", "timed"]

# Many invocations have no metrics; that is no reason to warn.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics(namespace="Frond")
# Otherwise the stacks of an account would trigger each other's alarms.
if _stack := os.environ.get("FROND_STACK"):
    metrics.set_default_dimensions(stack=_stack)

# CloudWatch bills each metric by the month. Without it the values of a call are in its log line only.
DETAILED = os.environ.get("FROND_METRICS", "detailed") == "detailed"


def add_detail(name: str, unit: MetricUnit, value: float) -> None:
    """Add a metric of a stack with detailed metrics; elsewhere the value to the log line."""
    if DETAILED:
        metrics.add_metric(name, unit, value)
    else:
        metrics.add_metadata(name, [*metrics.metadata_set.get(name, []), value])


@contextmanager
def timed(metric: str) -> Iterator[None]:
    """Add a metric of how long the block takes, in milliseconds, also if it raises."""
    started = perf_counter()
    try:
        yield
    finally:
        add_detail(metric, MetricUnit.Milliseconds, round(1000 * (perf_counter() - started), 2))


class Costs:
    """The metric ``PhotosCost``: dollars of compute. The first invocation includes the cold start."""

    def __init__(self) -> None:
        self._start = 0.0

    def started(self) -> None:
        """Note how long the cold start took, at its end."""
        self._start = _process_age()

    def count(self, milliseconds: float) -> None:
        """Add the cost of an invocation; nothing outside Lambda, where the memory size is unknown."""
        memory = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        if memory is None:
            return
        billed, self._start = milliseconds + self._start, 0.0
        architecture: Architecture = "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64"
        dollars = invocation_dollars(billed, int(memory), architecture)
        add_detail("PhotosCost", MetricUnit.NoUnit, round(dollars, 12))

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Add the cost of the block as one invocation, also if it raises."""
        started = perf_counter()
        try:
            yield
        finally:
            self.count(1000 * (perf_counter() - started))


def _process_age() -> float:
    """Return the milliseconds since this process began; 0 on systems other than Linux."""
    if sys.platform != "linux":
        return 0.0
    # https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html, field 22; the name before may have spaces.
    fields = Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    began = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return 1000 * (time.clock_gettime(time.CLOCK_BOOTTIME) - began)


costs = Costs()
