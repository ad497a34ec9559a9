"""Logs, metrics and traces of a function: Powertools, set by its ``POWERTOOLS_…`` variables."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["MetricUnit", "logger", "metrics", "timed", "trace_aws", "tracer"]

# Many an invocation has nothing to count; that is no news.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics(namespace="Frond")
# Not everything that could be traced: looking for it imports whatever library is there.
tracer = Tracer(auto_patch=False)


def trace_aws() -> None:
    """Trace what is asked of AWS from now on; for whoever is about to make a client."""
    tracer.patch(["botocore"])


@contextmanager
def timed(metric: str) -> Iterator[None]:
    """Count how long something takes, in milliseconds, whether or not it succeeds."""
    started = perf_counter()
    try:
        yield
    finally:
        metrics.add_metric(metric, MetricUnit.Milliseconds, round(1000 * (perf_counter() - started), 2))
