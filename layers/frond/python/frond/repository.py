"""The repository of classifications: a DynamoDB table with one item a photo.

A record is ``queued`` (an upload form was requested), ``running`` (the photo was uploaded) and then
``succeeded`` or ``failed``, which are final. Notifications arrive more than once and in any order, so every
step is a conditional write. It is accepted for the newest upload of a key, and only until that is finished.

Deleting leaves a tombstone that outlives every queued message. It holds the versions that were deleted, and
their messages change nothing. A version that is not among them was uploaded later and is a new photo. No
clock decides which came first.

A record belongs to an owner, the API key that made it, or to the operator. Methods that take an ``owner``
treat the records of others as missing; without one they see all. The owner of a record never changes.
"""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from frond import record_items
from frond.record_items import DELETED, Item, to_record, to_ttl
from frond.records import ExpectedUpload, Record, RecordPage, Status
from frond.s3_upload import Upload, owner_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from frond.record_index import RecordIndex

_EXPECTED_UPLOAD_LIFETIME = timedelta(days=1)
# Longer than a message can wait in a queue and then in its dead-letter queue.
_TOMBSTONE_LIFETIME = timedelta(days=20)
_MAX_BATCH = 100
_MAX_TAG_READS = 10
# A deletion starts again if the record is taken over by another upload meanwhile.
_DELETION_ATTEMPTS = 10
# The newest ones; an item holds 400 KB. The order of sequencers refuses older ones.
_MAX_DELETED_VERSIONS = 1000

# A step is accepted for a newer upload than the record's, or for the same upload until it is finished.
_NEWER_OR_UNFINISHED = (
    "attribute_not_exists(sequencer) OR sequencer < :sequencer "
    "OR (sequencer = :sequencer AND #status IN (:queued, :running))"
)
_NOT_DELETED = "(attribute_not_exists(deleted_versions) OR NOT contains(deleted_versions, :version))"
# An id is free again after its record was deleted or has expired.
_ID_IS_FREE = "attribute_not_exists(id) OR #status = :deleted OR #ttl < :now"
_UNFINISHED = {":queued": {"S": "queued"}, ":running": {"S": "running"}}
# DynamoDB reserves these words; expressions take them as `#name`.
_RESERVED = ("status", "key", "ttl", "size", "partition", "result", "owner", "tag")


class DeletionOvertakenError(Exception):
    """A deletion during which the record was taken over by other uploads again and again."""


class ClassificationRepository:
    """The records of classifications.

    Every method raises botocore's errors when DynamoDB fails. Then nothing was changed, or a second call
    changes nothing more.

    Parameters
    ----------
    days
        How long a record is stored.
    """

    def __init__(self, dynamodb: "DynamoDBClient", table: str, days: int) -> None:
        self._dynamodb, self._table, self._lifetime = dynamodb, table, timedelta(days=days)

    @cached_property
    def _index(self) -> "RecordIndex":
        from frond.record_index import RecordIndex  # noqa: PLC0415 - only the API lists records

        return RecordIndex(self._dynamodb, self._table)

    def get(self, identifier: str, owner: str | None = None) -> Record | None:
        """Return a record; None if there is none, or if it was deleted or has expired."""
        item = self._get_item(identifier)
        return to_record(item) if item and _belongs(item, owner) and record_items.is_active(item) else None

    def newest(
        self, limit: int, cursor: str | None = None, owner: str | None = None, tag: str | None = None
    ) -> RecordPage:
        """Return a page of records, the newest first.

        Parameters
        ----------
        limit
            The largest number of records, up to 100. A page may hold fewer, even none, and not be the last.
        cursor
            Of the previous page.
        tag
            Only records with this tag. No index has tags, so that a page reads a thousand records at most.

        Raises
        ------
        frond.record_index.BadCursorError
            No page returned this cursor.
        """
        found: list[Record] = []
        for _ in range(1 if tag is None else _MAX_TAG_READS):
            # As many as still fit, so that the cursor follows the last record of the page.
            identifiers, cursor = self._index.page(limit - len(found), cursor, owner)
            records = self._get_batch(identifiers)
            known = (records[identifier] for identifier in identifiers if identifier in records)
            found += [record for record in known if tag is None or record.tag == tag]
            if cursor is None or len(found) == limit:
                break
        return RecordPage(found, cursor)

    def scan_feedback(self) -> Iterator[Record]:
        """Yield every record with feedback, in no order. Reads the whole table."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table, FilterExpression="attribute_exists(feedback)", ConsistentRead=True
        )
        for page in pages:
            yield from (to_record(item) for item in page["Items"] if record_items.is_active(item))

    def add(self, record: Record) -> bool:
        """Store a new, finished record; return False if its id is taken."""
        return self._put(record, self._lifetime)

    def expect_upload(
        self, identifier: str, key: str, expected: ExpectedUpload, tag: str | None = None
    ) -> None:
        """Store a queued record for an upload; it expires after a day if nothing is uploaded."""
        now, owner = datetime.now(UTC), owner_of(key)
        record = Record(identifier, "queued", "s3", key, now, expected_upload=expected, owner=owner, tag=tag)
        self._put(record, _EXPECTED_UPLOAD_LIFETIME)

    def mark_running(self, upload: Upload) -> Record | None:
        """Mark an upload as running.

        Returns
        -------
        Record
            The updated record; None if this upload is finished, deleted, or replaced by a newer one.
        """
        return self._advance(upload, "running", result={})

    def mark_finished(self, upload: Upload, status: Status, result: dict[str, Any]) -> Record | None:
        """Mark an upload as finished; see :meth:`mark_running` for the return value.

        Parameters
        ----------
        status
            ``succeeded`` or ``failed``.
        result
            The classification's result as JSON.
        """
        return self._advance(upload, status, result)

    def begin_attempt(self, identifier: str, sequencer: str) -> None:
        """Remove the last attempt's error and mark, if the record is unfinished and about that upload."""
        self._update_unfinished(identifier, sequencer, "REMOVE last_error, attempt", {})

    @contextmanager
    def marked_attempt(self, identifier: str, sequencer: str, mark: str | None) -> Iterator[None]:
        """Mark the record while the block runs. If the block kills the process, the mark stays.

        Parameters
        ----------
        mark
            Of an attempt alone; without one nothing is written.
        """
        if mark is None:
            yield
            return
        self._update_unfinished(identifier, sequencer, "SET attempt = :mark", {":mark": {"S": mark}})
        try:
            yield
        except Exception:
            self._update_unfinished(identifier, sequencer, "REMOVE attempt", {})
            raise
        self._update_unfinished(identifier, sequencer, "REMOVE attempt", {})

    def record_error(self, identifier: str, sequencer: str, error: dict[str, Any]) -> None:
        """Store why an attempt failed, if the record is unfinished and about that upload."""
        self._update_unfinished(
            identifier,
            sequencer,
            "SET last_error = :last_error REMOVE attempt",
            {":last_error": {"S": json.dumps(error)}},
        )

    def set_feedback(
        self, identifier: str, feedback: dict[str, Any], owner: str | None = None
    ) -> Record | None:
        """Store the user's feedback; return the updated record, None if there is no such record."""
        condition = "attribute_exists(id) AND #status <> :deleted"
        values: dict[str, Any] = {":feedback": {"S": json.dumps(feedback)}, ":deleted": {"S": DELETED}}
        if owner is not None:
            condition, values = f"{condition} AND #owner = :owner", values | {":owner": {"S": owner}}
        return self._update(identifier, "SET feedback = :feedback", condition, values)

    def delete(
        self, identifier: str, list_versions: Callable[[str | None], Collection[str]] = lambda _: ()
    ) -> str | None:
        """Delete a record and leave a tombstone. Messages about the deleted versions then change nothing.

        Parameters
        ----------
        list_versions
            Returns the versions of an object, the newest first, from its key. It is called again if another
            upload takes over the record meanwhile. Those of its last call are deleted; later ones are not.

        Returns
        -------
        str
            The object's key, also if the record was deleted before; None for a record without one.

        Raises
        ------
        DeletionOvertakenError
            Nothing was deleted.
        """
        for _ in range(_DELETION_ATTEMPTS):
            item = self._get_item(identifier) or {}
            key: str | None = item["key"]["S"] if "key" in item else None
            versions = list(list_versions(key))[:_MAX_DELETED_VERSIONS]
            # The upload of this sequencer came before the listing. So did all that the listing shows.
            if self._bury(identifier, item.get("sequencer"), versions):
                return key
        raise DeletionOvertakenError(identifier)

    def is_deleted(self, identifier: str, owner: str | None = None) -> bool:
        """Return whether a record was deleted, as long as its tombstone lasts."""
        item = self._get_item(identifier)
        return item is not None and _belongs(item, owner) and record_items.is_deleted(item)

    def _get_item(self, identifier: str) -> Item | None:
        response = self._dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": identifier}}, ConsistentRead=True
        )
        return response.get("Item")

    def _bury(self, identifier: str, sequencer: Any, versions: list[str]) -> bool:
        """Replace a record by a tombstone; return False if it is about another upload by now."""
        change = (
            "SET #status = :deleted, #ttl = :ttl "
            "REMOVE created_at, #partition, #result, last_error, attempt, feedback, fingerprint, "
            "content_type, #size, #tag"
        )
        values: dict[str, Any] = {
            ":deleted": {"S": DELETED},
            ":ttl": to_ttl(datetime.now(UTC) + _TOMBSTONE_LIFETIME),
        }
        if versions:
            change += " ADD deleted_versions :versions"
            values |= {":versions": {"SS": versions}}
        if sequencer is None:
            return self._write(identifier, change, "attribute_not_exists(sequencer)", values) is not None
        values |= {":sequencer": sequencer}
        return self._write(identifier, change, "sequencer = :sequencer", values) is not None

    def _advance(self, upload: Upload, status: Status, result: dict[str, Any]) -> Record | None:
        attributes = {
            "#status": {"S": status},
            "door": {"S": "s3"},
            "#key": {"S": upload.key},
            "sequencer": {"S": upload.sequencer},
            "created_at": record_items.to_timestamp(upload.created_at),
            "#partition": record_items.to_partition(upload.identifier),
            "#result": record_items.compress(result),
            "#ttl": to_ttl(datetime.now(UTC) + self._lifetime),
        }
        if upload.owner is not None:
            attributes["#owner"] = {"S": upload.owner}
        if upload.tag is not None:
            attributes["#tag"] = {"S": upload.tag}
        values = {f":{name.removeprefix('#')}": value for name, value in attributes.items()}
        assignments = ", ".join(f"{name} = :{name.removeprefix('#')}" for name in attributes)
        # Feedback on an earlier upload of the key does not apply to this one.
        removed = "last_error, attempt" + (", feedback" if status == "running" else "")
        # The tag is known when the photo was read.
        removed += ", #tag" if upload.tag is None and status == "succeeded" else ""
        condition = _NEWER_OR_UNFINISHED
        if upload.version:
            condition, values[":version"] = f"{_NOT_DELETED} AND ({condition})", {"S": upload.version}
        return self._update(
            upload.identifier,
            f"SET {assignments} REMOVE {removed}",
            condition,
            {**_UNFINISHED, **values},
        )

    def _update_unfinished(self, identifier: str, sequencer: str, change: str, values: Item) -> None:
        self._update(
            identifier,
            change,
            "sequencer = :sequencer AND #status IN (:queued, :running)",
            {":sequencer": {"S": sequencer}, **_UNFINISHED, **values},
        )

    def _update(self, identifier: str, change: str, condition: str, values: Item) -> Record | None:
        item = self._write(identifier, change, condition, values)
        return to_record(item) if item else None

    def _write(self, identifier: str, change: str, condition: str, values: Item) -> Item | None:
        """Update an item and return it; None if it does not meet the condition."""
        try:
            response = self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": identifier}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=_names(change + condition),
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if _condition_failed(error):
                return None
            raise
        return response["Attributes"]

    def _put(self, record: Record, lifetime: timedelta) -> bool:
        now = datetime.now(UTC)
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=record_items.to_item(record, now + lifetime),
                ConditionExpression=_ID_IS_FREE,
                ExpressionAttributeNames=_names(_ID_IS_FREE),
                ExpressionAttributeValues={":deleted": {"S": DELETED}, ":now": to_ttl(now)},
            )
        except ClientError as error:
            if _condition_failed(error):
                return False
            raise
        return True

    def _get_batch(self, identifiers: list[str]) -> dict[str, Record]:
        records: dict[str, Record] = {}
        keys = [{"id": {"S": identifier}} for identifier in identifiers]
        while keys:
            response = self._dynamodb.batch_get_item(RequestItems={self._table: {"Keys": keys[:_MAX_BATCH]}})
            items = response["Responses"].get(self._table, [])
            records |= {item["id"]["S"]: to_record(item) for item in items if record_items.is_active(item)}
            unread: Any = response.get("UnprocessedKeys") or {}
            keys = keys[_MAX_BATCH:] + unread.get(self._table, {}).get("Keys", [])
        return records


def _names(expression: str) -> dict[str, str]:
    """Return the aliases that an expression uses."""
    return {f"#{name}": name for name in _RESERVED if f"#{name}" in expression}


def _belongs(item: Item, owner: str | None) -> bool:
    """Return whether an item is one of the owner's; without an owner, every item is."""
    return owner is None or item.get("owner") == {"S": owner}


def _condition_failed(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"
