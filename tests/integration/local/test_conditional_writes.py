"""Conditional writes to the local S3 that meet."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError
from moto.s3.models import S3Backend

from local.cloud import Cloud
from tests.support.waiting import HANG_S

REGION: Final = "eu-south-2"  # of the local stack
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
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        first = s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"1")
        monkeypatch.setattr(S3Backend, "put_object", slowly)

        writing = pool.submit(s3.put_object, Bucket=BUCKET, Key=KEY, Body=b"2", IfMatch=first["ETag"])
        assert begun.wait(HANG_S)
        with pytest.raises(ClientError, match="PreconditionFailed"):
            s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"3", IfMatch=first["ETag"])
        writing.result()

        assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read() == b"2"
