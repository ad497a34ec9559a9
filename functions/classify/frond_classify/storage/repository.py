"""The table of records, as this function is told of it."""

from functools import cache

from frond.repository import ClassificationRepository
from frond_classify.settings import configuration
from frond_classify.storage.aws_clients import dynamodb


@cache
def records() -> ClassificationRepository | None:
    """Return the table; None where nothing is kept."""
    settings = configuration()
    return (
        ClassificationRepository(dynamodb(), settings.table, settings.record_days) if settings.table else None
    )
