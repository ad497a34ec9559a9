"""The caller of a request, an API key, and the records that it may see."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Self

from aws_lambda_powertools.utilities.data_classes.common import BaseProxyEvent

from frond.problems import MissingKey
from frond.records import ExpectedUpload, Record, RecordPage
from frond.repository import ClassificationRepository
from frond.s3_upload import identifier_of
from frond_classify.app import ClassifyApp


@dataclass(frozen=True, slots=True)
class Caller:
    """The API key of a request, by the id that API Gateway found for it."""

    key_id: str
    is_operator: bool

    @classmethod
    def from_event(cls, event: BaseProxyEvent, operator_keys: Collection[str]) -> Self:
        """Return the caller of a request.

        Raises
        ------
        frond.problems.MissingKey
            API Gateway checked no key. The template requires one for every route with records.
        """
        key_id = event["requestContext"].get("identity", {}).get("apiKeyId")
        if not key_id:
            raise MissingKey
        return cls(key_id, key_id in operator_keys)

    @property
    def owner(self) -> str | None:
        """The owner of what the caller creates, whose records it sees; None for an operator, who sees all."""
        return None if self.is_operator else self.key_id


@dataclass(frozen=True)
class CallerRecords:
    """The repository as one caller sees it. The records of others are missing, as if they never existed."""

    repository: ClassificationRepository
    caller: Caller

    @classmethod
    def from_event(cls, app: ClassifyApp, event: BaseProxyEvent) -> Self | None:
        """Return the records that the caller of a request may see; None if nothing is stored here.

        Raises
        ------
        frond.problems.MissingKey
            The request has no caller.
        """
        if app.repository is None:
            return None
        return cls(app.repository, Caller.from_event(event, app.settings.operator_keys))

    def get(self, identifier: str) -> Record | None:
        """Return a record; None if there is none."""
        return self.repository.get(identifier, self.caller.owner)

    def find_upload(self, key: str) -> Record | None:
        """Return the record of an upload; None if there is none."""
        found = self.get(identifier_of(key))
        # A key of the form that this API issues may hold another upload's id.
        return found if found and found.key == key else None

    def newest(self, limit: int, cursor: str | None, tag: str | None = None) -> RecordPage:
        """Return a page of records; see :meth:`frond.repository.ClassificationRepository.newest`."""
        return self.repository.newest(limit, cursor, self.caller.owner, tag)

    def add(self, record: Record) -> bool:
        """Store a new record; return False if its id is taken."""
        return self.repository.add(record)

    def expect_upload(
        self, identifier: str, key: str, expected: ExpectedUpload, tag: str | None = None
    ) -> None:
        """Store a queued record for an upload."""
        self.repository.expect_upload(identifier, key, expected, tag)

    def set_feedback(self, identifier: str, feedback: dict[str, Any]) -> Record | None:
        """Store feedback; return the updated record, None if there is none."""
        return self.repository.set_feedback(identifier, feedback, self.caller.owner)

    def can_delete(self, identifier: str) -> bool:
        """Return whether there is a record, or was one whose deletion may have been interrupted."""
        owner = self.caller.owner
        return self.get(identifier) is not None or self.repository.is_deleted(identifier, owner)
