"""The table of records, as this function is told of it."""

from functools import cache

from aws import dynamodb
from configuration import configuration
from frond.records import Records


@cache
def records() -> Records | None:
    """Return the table; None where nothing is kept."""
    settings = configuration()
    return Records(dynamodb(), settings.table, settings.record_days) if settings.table else None
