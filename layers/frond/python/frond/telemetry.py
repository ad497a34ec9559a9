"""Logs, metrics and traces of a function: Powertools, set by its ``POWERTOOLS_…`` variables."""

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

__all__ = ["MetricUnit", "logger", "metrics", "tracer"]

logger = Logger()
metrics = Metrics()
tracer = Tracer()
