"""Conversion of records to DynamoDB items and back."""

import json
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from frond.records import ExpectedUpload, Record

Item = Mapping[str, Any]

# The partitions of the index of all records. Each takes a thousand new records a second. Older records are in
# the first.
PARTITIONS = ("all-records", *(f"all-records-{number}" for number in range(1, 8)))
# The status of a tombstone.
DELETED = "deleted"


def to_item(record: Record, expires_at: datetime) -> dict[str, Any]:
    """Return a record as an item."""
    item: dict[str, Any] = {
        "id": {"S": record.identifier},
        "status": {"S": record.status},
        "door": {"S": record.door},
        "created_at": to_timestamp(record.created_at),
        "partition": to_partition(record.identifier),
        "result": compress(record.result),
        "ttl": to_ttl(expires_at),
    }
    if record.key is not None:
        item["key"] = {"S": record.key}
    if record.expected_upload:
        item["content_type"] = {"S": record.expected_upload.content_type}
        item["size"] = {"N": str(record.expected_upload.size)}
    if record.fingerprint:
        item["fingerprint"] = {"S": record.fingerprint}
    if record.owner:
        item["owner"] = {"S": record.owner}
    if record.tag:
        item["tag"] = {"S": record.tag}
    return item


def to_record(item: Item) -> Record:
    """Return the record that an item holds."""

    def text(name: str) -> str | None:
        return item[name]["S"] if name in item else None

    def document(name: str) -> Any:
        return json.loads(item[name]["S"]) if name in item else None

    expected = ExpectedUpload(item["content_type"]["S"], int(item["size"]["N"])) if "size" in item else None
    return Record(
        identifier=item["id"]["S"],
        status=item["status"]["S"],
        door=item["door"]["S"],
        key=text("key"),
        created_at=datetime.fromisoformat(item["created_at"]["S"]),
        sequencer=text("sequencer") or "",
        result=_decompress(item["result"]) if "result" in item else {},
        last_error=document("last_error"),
        attempt=text("attempt"),
        feedback=document("feedback"),
        expected_upload=expected,
        fingerprint=text("fingerprint"),
        owner=text("owner"),
        tag=text("tag"),
    )


def is_deleted(item: Item) -> bool:
    """Return whether an item is the tombstone of a deleted record."""
    return bool(item["status"]["S"] == DELETED)


def is_active(item: Item) -> bool:
    """Return whether an item is a record that is neither deleted nor expired.

    DynamoDB may take two days to remove an expired item.
    """
    return not is_deleted(item) and int(item["ttl"]["N"]) > datetime.now(UTC).timestamp()


def compress(result: dict[str, Any]) -> dict[str, bytes]:
    """Return a result as a compressed attribute: DynamoDB charges for each kilobyte written and stored."""
    return {"B": zlib.compress(json.dumps(result, ensure_ascii=False).encode())}


def _decompress(attribute: Item) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(zlib.decompress(attribute["B"]))
    return result


def to_partition(identifier: str) -> dict[str, str]:
    """Return the partition of a record in the index of all records."""
    return {"S": PARTITIONS[zlib.crc32(identifier.encode()) % len(PARTITIONS)]}


def to_timestamp(at: datetime) -> dict[str, str]:
    """Return a time as text that sorts chronologically."""
    return {"S": at.astimezone(UTC).isoformat(timespec="microseconds")}


def to_ttl(at: datetime) -> dict[str, str]:
    """Return a time as DynamoDB's time to live, in seconds since 1970."""
    return {"N": str(int(at.timestamp()))}
