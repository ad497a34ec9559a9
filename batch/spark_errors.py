"""Errors of Spark, as one sentence instead of a Java stack trace."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException

from batch.errors import BatchError

# The last line of a Python traceback, such as ``frond.problems.InvalidModel: …``.
_RAISED = re.compile(r"^\s*(?:[\w.]+\.)?(\w+): (\S.*)$", re.MULTILINE)


@contextmanager
def spark_errors() -> Iterator[None]:
    """Raise errors of Spark as :class:`batch.errors.BatchError`, with the reason that a task gave."""
    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise BatchError(f"Spark could not finish: {_reason(str(error))}") from error


def _reason(text: str) -> str:
    """Return the innermost error of a worker's traceback, else the first line."""
    traceback = text.partition("Traceback (most recent call last):")[2]
    lines = [found[0].strip() for found in _RAISED.finditer(traceback.partition("\n\tat ")[0])]
    return lines[-1] if lines else text.strip().partition("\n")[0]
