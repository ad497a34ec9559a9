"""Conditional writes to the local S3 that meet."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import S3Backend

from local.cloud import Cloud
from tests.support.waiting import HANG_S

BUCKET, KEY = "conditional-writes", "channels/stable.json"


def test_one_of_two_conditional_writes_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, write = threading.Event(), S3Backend.put_object

    def slowly(backend: S3Backend, *arguments: Any, **options: Any) -> Any:
        if not begun.is_set():
            begun.set()
            time.sleep(0.5)
        return write(backend, *arguments, **options)

    with Cloud() as cloud, ThreadPoolExecutor() as pool:
        s3 = cloud.s3()
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})

        assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"2"
