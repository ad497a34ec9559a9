"""Calls of AWS for a photo, which `frond cost` bills, and the metric of compute costs."""

import json
from typing import TYPE_CHECKING

import pytest

from frond.telemetry import costs
from tests.support.aws_calls import counted_calls
from tests.unit.preprocess.conftest import PHOTO, UPLOADS
from tests.unit.preprocess.test_handler import handle, record

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_a_photo_is_read_once_and_written_twice(s3: "S3Client") -> None:
    photo = PHOTO.read_bytes()
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=photo)
    with counted_calls() as calls:
        assert handle(record("a.jpg", len(photo))) == []
    assert calls == {"UpdateItem": 1, "GetObject": 1, "PutObject": 2}


def test_a_batch_is_one_invocation(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048")
    monkeypatch.setattr("platform.machine", lambda: "aarch64")
    from frond_preprocess import handler  # noqa: F401

    # Not the first invocation, which would include the cold start.
    monkeypatch.setattr(costs, "_start", 0.0)
    photo = PHOTO.read_bytes()
    for key in ("a.jpg", "b.jpg"):
        s3.put_object(Bucket=UPLOADS, Key=key, Body=photo)
    capsys.readouterr()
    assert handle(*(record(key, len(photo), message=key) for key in ("a.jpg", "b.jpg"))) == []

    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
    (dollars,) = [value for line in lines for value in json.loads(line).get("PhotosCost", [])]
    seconds = (dollars - 0.0000002) / 0.0000133334 / 2
    assert 0.001 < seconds < 30
