"""Logs, metrics and traces of a function: Powertools, set by its ``POWERTOOLS_…`` variables."""

import warnings

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["MetricUnit", "logger", "metrics", "tracer"]

# Many an invocation has nothing to count; that is no news.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics(namespace="Frond")
tracer = Tracer()
