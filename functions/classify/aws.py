"""This function's clients of AWS, each made once a process, when it is first needed."""

from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from frond.telemetry import trace_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client

CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def s3() -> "S3Client":
    """Return the client of S3."""
    # The form that an upload is announced with is signed with version 4; what it was before is no more taken.
    client: S3Client = _client("s3", CONFIG.merge(Config(signature_version="s3v4")))
    return client


@cache
def dynamodb() -> "DynamoDBClient":
    """Return the client of DynamoDB."""
    client: DynamoDBClient = _client("dynamodb", CONFIG)
    return client


@cache
def events() -> "EventBridgeClient":
    """Return the client of EventBridge."""
    client: EventBridgeClient = _client("events", CONFIG)
    return client


@cache
def _session() -> botocore.session.Session:
    trace_aws()
    return botocore.session.get_session()


def _client(service: str, config: Config) -> Any:
    return _session().create_client(service, config=config)
