"""The table of records, read by classification id: that spends no quota of an API key."""

import time
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from frond_client.uploads.results_bucket import FINAL_STATUSES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_BATCH_SIZE = 100
_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 5.0


def final_classifications(dynamodb: "DynamoDBClient", table: str, identifiers: Collection[str]) -> set[str]:
    """Return the ids of the classifications that have succeeded or failed.

    Parameters
    ----------
    dynamodb, table
        The stack's table and its client.
    identifiers
        Ids to look up.

    Raises
    ------
    BotoCoreError, ClientError
        If AWS rejects the request.
    """
    return {
        item["id"]["S"]
        for batch in _batches(sorted(identifiers))
        for item in _get(dynamodb, table, batch)
        if item["status"]["S"] in FINAL_STATUSES
    }


def _batches(identifiers: list[str]) -> Iterator[list[str]]:
    for begin in range(0, len(identifiers), _BATCH_SIZE):
        yield identifiers[begin : begin + _BATCH_SIZE]


def _get(dynamodb: "DynamoDBClient", table: str, identifiers: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the items of a batch; read again what a throttled table left out."""
    missing: Any = {
        table: {
            "Keys": [{"id": {"S": identifier}} for identifier in identifiers],
            "ProjectionExpression": "id, #status",
            "ExpressionAttributeNames": {"#status": "status"},
        }
    }
    pause = _PAUSE_S
    while True:
        response = dynamodb.batch_get_item(RequestItems=missing)
        yield from response["Responses"].get(table, [])
        missing = response.get("UnprocessedKeys")
        if not missing:
            return
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)
