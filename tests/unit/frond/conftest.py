from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from frond.registry import Registry
from tests.support.tiny_registry import Bucket, moto_s3, new_bucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture(scope="module")
def s3() -> Iterator["S3Client"]:
    with moto_s3() as client:
        yield client


@pytest.fixture
def bucket(s3: "S3Client") -> Bucket:
    return new_bucket(s3)


@pytest.fixture
def registry(bucket: Bucket) -> Registry:
    return bucket.registry
