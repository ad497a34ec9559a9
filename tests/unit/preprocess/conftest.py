"""The preprocess handler, with its buckets and its table in moto."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from frond.repository import ClassificationRepository
from tests.support.dynamodb_table import make_table
from tests.support.permissions import permitted_calls

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PHOTO = Path(__file__).parents[3] / "events" / "photos" / "zea-mays.jpg"
UPLOADS, PICTURES = "uploads", "pictures"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator["S3Client"]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "FROND_PICTURES_BUCKET": PICTURES,
        "FROND_PICTURE_SIZE": "160",
        "FROND_MAX_BYTES": "1000000",
        "FROND_TABLE": "records",
        "POWERTOOLS_SERVICE_NAME": "preprocess",
    }.items():
        monkeypatch.setenv(name, value)
    # A busy machine may take longer than a function has.
    monkeypatch.setattr("frond.queue_batch.TIME_LIMIT_S", 300.0)
    with mock_aws(), permitted_calls():
        from frond_preprocess.app import use_app

        use_app(None)
        client = boto3.client("s3")
        for bucket in (UPLOADS, PICTURES):
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        make_table(boto3.client("dynamodb"), "records")
        yield client
        use_app(None)


@pytest.fixture
def records(s3: "S3Client") -> ClassificationRepository:
    from frond_preprocess.app import current_app

    return current_app().repository


def stored(s3: "S3Client", name: str = "") -> list[str]:
    """Return the keys of the pictures bucket that end in a name."""
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=PICTURES).get("Contents", [])]
    return [key for key in keys if key.endswith(name)]
