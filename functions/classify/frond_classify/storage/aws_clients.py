"""This function's clients of AWS, each made once a process, when it is first needed.

botocore is imported then, too: a function that keeps nothing answers without it, a tenth of a second sooner.
"""

from functools import cache
from typing import TYPE_CHECKING, Any

from frond.tracing import trace_aws

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client

PATIENCE: dict[str, Any] = {
    "connect_timeout": 2,
    "read_timeout": 5,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}


@cache
def s3() -> "S3Client":
    """Return the client of S3."""
    # The form that an upload is announced with is signed with version 4; what it was before is no more taken.
    client: S3Client = _client("s3", signature_version="s3v4")
    return client


@cache
def dynamodb() -> "DynamoDBClient":
    """Return the client of DynamoDB."""
    client: DynamoDBClient = _client("dynamodb")
    return client


@cache
def events() -> "EventBridgeClient":
    """Return the client of EventBridge."""
    client: EventBridgeClient = _client("events")
    return client


@cache
def account() -> "Session":
    """Return what all clients share: credentials, endpoints and descriptions of services, read once."""
    from botocore.session import get_session  # noqa: PLC0415 - see above

    trace_aws()
    return get_session()


def _client(service: str, **settings: Any) -> Any:
    from botocore.config import Config  # noqa: PLC0415 - see above

    return account().create_client(service, config=Config(**PATIENCE, **settings))
