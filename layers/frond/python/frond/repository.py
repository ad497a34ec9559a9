"""The records of classifications: one item a photo in DynamoDB, changed only forwards.

A record is ``queued`` (the API promised to take a photo), ``running`` (the photo has landed) and then
``succeeded`` or ``failed``, for good. Notifications come more than once and in any order, so every step is
a conditional write: it is taken for the newest upload of a key, and only while that is not finished.
A deleted record stays as a mark until no message about it can be under way any more.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from frond import uploads
from frond.uploads import Upload

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Status = Literal["queued", "running", "succeeded", "failed"]
Door = Literal["http", "s3"]

INDEX = "newest-first"
# Every record has the same place in the index, which holds keys only: a thousand new records a second.
_SHELF = "classifications"
_PROMISE_KEPT = timedelta(days=1)
# Longer than a message can wait in a queue and in its dead-letter queue after it.
_MARK_KEPT = timedelta(days=20)
_MOST_AT_ONCE = 100
_DELETED = "deleted"

# A step is taken for a photo that is newer than what the record knows, or for the same one until it is done.
_NEWEST_AND_OPEN = (
    "attribute_not_exists(sequencer) OR sequencer < :sequencer "
    "OR (sequencer = :sequencer AND #status IN (:queued, :running))"
)
# An id is free again once its record was deleted or has expired.
_FREE = "attribute_not_exists(id) OR #status = :deleted OR #ttl < :now"
_OPEN_STATUSES = {":queued": {"S": "queued"}, ":running": {"S": "running"}}

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ExpectedUpload:
    """What the uploader said the photo would be: its content type, and its size in bytes."""

    content_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one classification.

    Attributes
    ----------
    identifier
        The classification's id.
    key
        The object's key; None for a photo that came over HTTP.
    created_at
        When the photo came, or was announced.
    sequencer
        Of the upload that the record tells of; empty where there is none yet.
    outcome
        What came of it, as JSON; empty until the record is finished.
    trouble
        Why the last attempt failed, as a problem document; it is tried again.
    feedback
        The user's correction.
    promise
        Of an upload that was announced to the API.
    fingerprint
        Of the request that made it, if that may be sent again.
    """

    identifier: str
    status: Status
    door: Door
    key: str | None
    created_at: datetime
    sequencer: str = ""
    outcome: dict[str, Any] = field(default_factory=dict)
    trouble: dict[str, Any] | None = None
    feedback: dict[str, Any] | None = None
    promise: ExpectedUpload | None = None
    fingerprint: str | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will come."""
        return self.status in {"succeeded", "failed"}


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records, the newest first, and the cursor that gives the next ones; None after the last."""

    records: list[Record]
    cursor: str | None


class BadCursorError(ValueError):
    """A cursor that no page gave."""


class ClassificationRepository:
    """The table.

    Every method raises botocore's errors when DynamoDB does not do as it was asked; then nothing was
    changed, or the same call changes nothing more.

    Parameters
    ----------
    days
        That a record is kept.
    """

    def __init__(self, dynamodb: "DynamoDBClient", table: str, days: int) -> None:
        self._dynamodb, self._table, self._kept = dynamodb, table, timedelta(days=days)

    def get(self, identifier: str) -> Record | None:
        """Return a record as it is now; None where there is none, or no more."""
        item = self._item(identifier)
        return _record(item) if item and _stands(item) else None

    def newest(self, limit: int, cursor: str | None = None) -> RecordPage:
        """Return the newest records.

        Parameters
        ----------
        limit
            At most so many, up to 100; a page may hold fewer, even none, and not be the last.
        cursor
            Of the page before.

        Raises
        ------
        BadCursorError
            It is none.
        """
        start: Any = {"ExclusiveStartKey": _position(cursor)} if cursor else {}
        try:
            found = self._dynamodb.query(
                TableName=self._table,
                IndexName=INDEX,
                KeyConditionExpression="shelf = :shelf",
                ExpressionAttributeValues={":shelf": {"S": _SHELF}},
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        except ClientError as error:
            if cursor and error.response["Error"]["Code"] == "ValidationException":
                raise BadCursorError(cursor) from error
            raise
        identifiers = [item["id"]["S"] for item in found["Items"]]
        records = self._all(identifiers)
        last = found.get("LastEvaluatedKey")
        return RecordPage(
            [records[name] for name in identifiers if name in records], _cursor(last) if last else None
        )

    def corrections(self) -> Iterator[Record]:
        """Yield every record that a user corrected, in no order; reads the whole table for it."""
        pages = self._dynamodb.get_paginator("scan").paginate(
            TableName=self._table, FilterExpression="attribute_exists(feedback)", ConsistentRead=True
        )
        for page in pages:
            yield from (_record(item) for item in page["Items"] if _stands(item))

    def add(self, record: Record) -> bool:
        """Keep a record that is new and finished; tell whether its id was free."""
        return self._put(record, self._kept)

    def promise(self, identifier: str, key: str, promise: ExpectedUpload) -> None:
        """Keep that a photo was announced; if none comes, that is forgotten after a day."""
        self._put(Record(identifier, "queued", "s3", key, datetime.now(UTC), promise=promise), _PROMISE_KEPT)

    def begin(self, upload: Upload) -> Record | None:
        """Mark a photo as running.

        Returns
        -------
        Record
            As it is now; None if this photo is finished, deleted, or replaced by a newer one.
        """
        return self._step(upload, "running", outcome={})

    def finish(self, upload: Upload, status: Status, outcome: dict[str, Any]) -> Record | None:
        """Mark a photo as finished; see :meth:`begin` for what is returned.

        Parameters
        ----------
        status
            ``succeeded`` or ``failed``.
        outcome
            What came of it, as JSON.
        """
        return self._step(upload, status, outcome)

    def note(self, identifier: str, sequencer: str, trouble: dict[str, Any]) -> None:
        """Keep why an attempt failed, if the record is still about the upload with that sequencer."""
        self._update(
            identifier,
            "SET trouble = :trouble",
            "sequencer = :sequencer AND #status IN (:queued, :running)",
            {
                ":trouble": {"S": json.dumps(trouble)},
                ":sequencer": {"S": sequencer},
                **_OPEN_STATUSES,
            },
        )

    def correct(self, identifier: str, feedback: dict[str, Any]) -> Record | None:
        """Keep a correction; return the record with it, None if there is no such record."""
        return self._update(
            identifier,
            "SET feedback = :feedback",
            "attribute_exists(id) AND #status <> :deleted",
            {":feedback": {"S": json.dumps(feedback)}, ":deleted": {"S": _DELETED}},
        )

    def delete(self, identifier: str) -> str | None:
        """Forget a record. What is still under way for photos that landed before changes nothing more.

        Returns
        -------
        str
            The object's key that it had, also when it was deleted before; None where it had none.
        """
        now = datetime.now(UTC)
        answer = self._dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": identifier}},
            UpdateExpression="SET #status = :deleted, sequencer = :now, #ttl = :ttl "
            "REMOVE shelf, outcome, trouble, feedback, fingerprint, content_type, #size",
            ExpressionAttributeNames={"#status": "status", "#ttl": "ttl", "#size": "size"},
            ExpressionAttributeValues={
                ":deleted": {"S": _DELETED},
                ":now": {"S": uploads.sequencer(None, now)},
                ":ttl": _ttl(now + _MARK_KEPT),
            },
            ReturnValues="ALL_NEW",
        )
        return answer["Attributes"].get("key", {}).get("S")

    def deleted(self, identifier: str) -> bool:
        """Tell whether a record was there and was deleted."""
        item = self._item(identifier)
        return item is not None and item["status"]["S"] == _DELETED

    def _item(self, identifier: str) -> Item | None:
        answer = self._dynamodb.get_item(
            TableName=self._table, Key={"id": {"S": identifier}}, ConsistentRead=True
        )
        return answer.get("Item")

    def _step(self, upload: Upload, status: Status, outcome: dict[str, Any]) -> Record | None:
        sets = {
            "#status": {"S": status},
            "door": {"S": "s3"},
            "#key": {"S": upload.key},
            "sequencer": {"S": upload.sequencer},
            "created_at": {"S": _moment(upload.created_at)},
            "shelf": {"S": _SHELF},
            "outcome": _packed(outcome),
            "#ttl": _ttl(datetime.now(UTC) + self._kept),
        }
        values = {f":{name.removeprefix('#')}": value for name, value in sets.items()}
        assignments = ", ".join(f"{name} = :{name.removeprefix('#')}" for name in sets)
        forgotten = "trouble, feedback" if status == "running" else "trouble"
        return self._update(
            upload.identifier,
            f"SET {assignments} REMOVE {forgotten}",
            _NEWEST_AND_OPEN,
            {**_OPEN_STATUSES, **values},
        )

    def _update(self, identifier: str, change: str, condition: str, values: Item) -> Record | None:
        names = {f"#{name}": name for name in ("status", "key", "ttl") if f"#{name}" in change + condition}
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": identifier}},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if _refused(error):
                return None
            raise
        return _record(answer["Attributes"])

    def _put(self, record: Record, kept: timedelta) -> bool:
        item: dict[str, Any] = {
            "id": {"S": record.identifier},
            "status": {"S": record.status},
            "door": {"S": record.door},
            "created_at": {"S": _moment(record.created_at)},
            "shelf": {"S": _SHELF},
            "outcome": _packed(record.outcome),
            "ttl": _ttl(datetime.now(UTC) + kept),
        }
        if record.key is not None:
            item["key"] = {"S": record.key}
        if record.promise:
            item["content_type"] = {"S": record.promise.content_type}
            item["size"] = {"N": str(record.promise.size)}
        if record.fingerprint:
            item["fingerprint"] = {"S": record.fingerprint}
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression=_FREE,
                ExpressionAttributeNames={"#status": "status", "#ttl": "ttl"},
                ExpressionAttributeValues={":deleted": {"S": _DELETED}, ":now": _ttl(datetime.now(UTC))},
            )
        except ClientError as error:
            if _refused(error):
                return False
            raise
        return True

    def _all(self, identifiers: list[str]) -> dict[str, Record]:
        found: dict[str, Record] = {}
        wanted = [{"id": {"S": identifier}} for identifier in identifiers]
        while wanted:
            answer = self._dynamodb.batch_get_item(
                RequestItems={self._table: {"Keys": wanted[:_MOST_AT_ONCE]}}
            )
            items = answer["Responses"].get(self._table, [])
            found |= {item["id"]["S"]: _record(item) for item in items if _stands(item)}
            unread: Any = answer.get("UnprocessedKeys") or {}
            wanted = wanted[_MOST_AT_ONCE:] + unread.get(self._table, {}).get("Keys", [])
        return found


def _refused(error: ClientError) -> bool:
    """Tell whether a write was refused by its condition."""
    return error.response["Error"]["Code"] == "ConditionalCheckFailedException"


def _stands(item: Item) -> bool:
    """Tell whether an item is a record; DynamoDB may take two days to remove one that has expired."""
    return item["status"]["S"] != _DELETED and int(item["ttl"]["N"]) > datetime.now(UTC).timestamp()


def _record(item: Item) -> Record:
    def text(name: str) -> str | None:
        return item[name]["S"] if name in item else None

    def document(name: str) -> Any:
        return json.loads(item[name]["S"]) if name in item else None

    promise = ExpectedUpload(item["content_type"]["S"], int(item["size"]["N"])) if "size" in item else None
    return Record(
        identifier=item["id"]["S"],
        status=item["status"]["S"],
        door=item["door"]["S"],
        key=text("key"),
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
        sequencer=text("sequencer") or "",
        outcome=_unpacked(item["outcome"]) if "outcome" in item else {},
        trouble=document("trouble"),
        feedback=document("feedback"),
        promise=promise,
        fingerprint=text("fingerprint"),
    )


def _packed(outcome: dict[str, Any]) -> dict[str, bytes]:
    """Return an outcome as it is kept: DynamoDB charges for each kilobyte written and kept."""
    return {"B": zlib.compress(json.dumps(outcome, ensure_ascii=False).encode())}


def _unpacked(kept: Item) -> dict[str, Any]:
    outcome: dict[str, Any] = json.loads(zlib.decompress(kept["B"]))
    return outcome


def _moment(at: datetime) -> str:
    """Return a time as text that sorts as the times do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _ttl(at: datetime) -> dict[str, str]:
    return {"N": str(int(at.timestamp()))}


def _cursor(position: Item) -> str:
    parts = [position["created_at"]["S"], position["id"]["S"]]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _position(cursor: str) -> dict[str, Any]:
    try:
        created_at, identifier = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, UnicodeDecodeError, ValueError, TypeError) as error:
        raise BadCursorError(cursor) from error
    if not (isinstance(created_at, str) and isinstance(identifier, str)):
        raise BadCursorError(cursor)
    return {"shelf": {"S": _SHELF}, "created_at": {"S": created_at}, "id": {"S": identifier}}
