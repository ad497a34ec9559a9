"""The indexes of the table of records, which list its ids, the newest first.

``newest-first`` holds every record, spread over partitions, so that no partition takes all writes. An
operator's list merges them. ``owner-newest-first`` has a partition for each owner; the operator's records are
not in it. A tombstone has no time of creation and is in neither.
"""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import ClientError

from frond.record_items import PARTITIONS

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ALL, OWNERS = "newest-first", "owner-newest-first"


class BadCursorError(ValueError):
    """A cursor that no page returned."""


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a record in a list: by time, then by partition, then as DynamoDB orders a partition."""

    created_at: str
    partition: int
    identifier: str

    @classmethod
    def from_cursor(cls, cursor: str) -> Self:
        """Return the position that a cursor holds.

        Raises
        ------
        BadCursorError
            No page returned this cursor.
        """
        try:
            parts = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            created_at, partition, identifier = parts
        except (binascii.Error, UnicodeDecodeError, ValueError, TypeError) as error:
            raise BadCursorError(cursor) from error
        if [type(part) for part in parts] != [str, int, str]:
            raise BadCursorError(cursor)
        return cls(created_at, partition, identifier)

    def to_cursor(self) -> str:
        """Return the cursor of the page that follows this position."""
        parts = json.dumps([self.created_at, self.partition, self.identifier])
        return base64.urlsafe_b64encode(parts.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class RecordIndex:
    """The indexes of a table."""

    dynamodb: "DynamoDBClient"
    table: str

    def page(self, limit: int, cursor: str | None, owner: str | None) -> tuple[list[str], str | None]:
        """Return a page of ids, the newest first, and the cursor of the next page; None after the last.

        Parameters
        ----------
        owner
            Whose records; None for everyone's.

        Raises
        ------
        BadCursorError
            No page returned this cursor.
        """
        after = Position.from_cursor(cursor) if cursor else None
        partitions = PARTITIONS if owner is None else (owner,)
        try:
            found = [
                position
                for number, partition in enumerate(partitions)
                # One more than fit shows whether there is another page.
                for position in self._query(number, partition, limit + 1, after, shared=owner is None)
            ]
        except ClientError as error:
            if cursor and error.response["Error"]["Code"] == "ValidationException":
                raise BadCursorError(cursor) from error
            raise
        # Stable: records of one time stay in the order of their partitions.
        found.sort(key=lambda position: position.created_at, reverse=True)
        page = found[:limit]
        return [each.identifier for each in page], page[-1].to_cursor() if len(found) > limit else None

    def _query(
        self, number: int, partition: str, limit: int, after: Position | None, *, shared: bool
    ) -> list[Position]:
        """Return the first positions of a partition that follow a position of any partition."""
        attribute = "partition" if shared else "owner"
        condition, values = f"#{attribute} = :partition", {":partition": {"S": partition}}
        start: Any = {}
        if after and after.partition == number:
            position = {"created_at": {"S": after.created_at}, "id": {"S": after.identifier}}
            start = {"ExclusiveStartKey": {attribute: {"S": partition}, **position}}
        elif after:
            # Of the same time, earlier partitions were listed before the position and later ones were not.
            condition += f" AND created_at {'<' if number < after.partition else '<='} :created_at"
            values[":created_at"] = {"S": after.created_at}
        query: Any = {
            "TableName": self.table,
            "IndexName": ALL if shared else OWNERS,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{attribute}": attribute},
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "Limit": limit,
        }
        items = self.dynamodb.query(**query, **start)["Items"]
        return [Position(item["created_at"]["S"], number, item["id"]["S"]) for item in items]
