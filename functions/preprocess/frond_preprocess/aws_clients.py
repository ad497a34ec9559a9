"""This function's clients of AWS, each made once a process, when it is first needed."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from frond.tracing import trace_aws

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

# The queue tries again later anyway; a call that hangs would keep the rest of its batch waiting.
CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 3})


trace_aws()


@cache
def s3() -> "S3Client":
    """Return the client of S3."""
    return boto3.client("s3", config=CONFIG)


@cache
def dynamodb() -> "DynamoDBClient":
    """Return the client of DynamoDB."""
    return boto3.client("dynamodb", config=CONFIG)
