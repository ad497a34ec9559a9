"""A notification comes in, a canonical picture goes out; what cannot be one says why."""

import base64
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import boto3
import numpy as np
import pytest
from moto import mock_aws
from PIL import Image

from frond.images import Recipe, read_photo

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PHOTO = Path(__file__).parents[3] / "events" / "photos" / "zea-mays.jpg"
UPLOADS, PICTURES = "uploads", "pictures"


class Context:
    function_name = "preprocess"
    memory_limit_in_mb = 1769
    invoked_function_arn = "arn:aws:lambda:eu-west-1:000000000000:function:preprocess"
    aws_request_id = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator["S3Client"]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "FROND_PICTURES_BUCKET": PICTURES,
        "FROND_PICTURE_SIZE": "160",
        "FROND_MAX_BYTES": "1000000",
        "POWERTOOLS_SERVICE_NAME": "preprocess",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        import app
        import uploads

        for cached in (app.settings, app.pictures, uploads.s3):
            cached.cache_clear()
        client = boto3.client("s3")
        for bucket in (UPLOADS, PICTURES):
            client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


def record(key: str, size: int, message: str = "1", **extra: str) -> dict[str, Any]:
    created = {
        "eventName": "ObjectCreated:Put",
        "s3": {"bucket": {"name": UPLOADS}, "object": {"key": quote_plus(key), "size": size, **extra}},
    }
    return message_of({"Records": [created]}, message)


def message_of(body: dict[str, Any], message: str) -> dict[str, Any]:
    return {"messageId": message, "body": json.dumps(body), "eventSource": "aws:sqs", "attributes": {}}


def handle(*records: dict[str, Any]) -> list[str]:
    import app

    failures = app.handler({"Records": list(records)}, Context())["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in failures]


def stored(s3: "S3Client") -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=PICTURES).get("Contents", [])]


@pytest.mark.parametrize("key", ["maize.jpg", "a b+c%20/ñ.jpg", "é" * 500, "100%.jpg"], ids=len)
def test_makes_the_picture_that_the_model_would_see(s3: "S3Client", key: str) -> None:
    photo = PHOTO.read_bytes()
    s3.put_object(Bucket=UPLOADS, Key=key, Body=photo)

    assert handle(record(key, len(photo))) == []

    (name,) = stored(s3)
    picture = s3.get_object(Bucket=PICTURES, Key=name)
    pixels = np.asarray(Image.open(io.BytesIO(picture["Body"].read())))
    np.testing.assert_array_equal(pixels, read_photo(photo, Recipe(size=160)).pixels)
    assert base64.urlsafe_b64decode(picture["Metadata"]["upload-key-base64"]).decode() == key
    assert picture["Metadata"]["format"] == "JPEG"


def test_five_deliveries_make_one_picture(s3: "S3Client") -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=PHOTO.read_bytes())
    for _ in range(5):
        assert handle(record("a.jpg", 1)) == []

    assert len(stored(s3)) == 1


def test_what_is_not_a_photo_gets_a_problem_document(s3: "S3Client") -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=b"I am not a photo")

    assert handle(record("a.jpg", 16)) == []

    (name,) = stored(s3)
    assert name.endswith("/problem.json")
    problem = json.loads(s3.get_object(Bucket=PICTURES, Key=name)["Body"].read())
    assert problem["type"] == "urn:frond:problem:unsupported-format"


def test_a_file_over_the_limit_is_not_even_read(s3: "S3Client") -> None:
    assert handle(record("never-there.jpg", 1_000_001)) == []

    problem = json.loads(s3.get_object(Bucket=PICTURES, Key=stored(s3)[0])["Body"].read())
    assert problem["type"] == "urn:frond:problem:payload-too-large"


def test_an_object_deleted_before_it_is_read_is_let_go(s3: "S3Client") -> None:
    assert handle(record("gone.jpg", 10)) == []
    assert stored(s3) == []


def test_the_test_event_and_removals_are_let_go(s3: "S3Client") -> None:
    test_event = message_of({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": UPLOADS}, "1")
    removal = message_of({"Records": [{"eventName": "ObjectRemoved:Delete", "s3": {}}]}, "2")

    assert handle(test_event, removal) == []


def test_one_bad_message_in_ten_comes_back_alone(s3: "S3Client") -> None:
    photo = PHOTO.read_bytes()
    for number in range(9):
        s3.put_object(Bucket=UPLOADS, Key=f"{number}.jpg", Body=photo)
    records = [record(f"{number}.jpg", len(photo), str(number)) for number in range(9)]
    records.insert(4, {"messageId": "bad", "body": "not json", "eventSource": "aws:sqs", "attributes": {}})

    assert handle(*records) == ["bad"]
    assert len(stored(s3)) == 9


def test_a_missing_bucket_leaves_every_message_in_the_queue(s3: "S3Client") -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=PHOTO.read_bytes())
    s3.delete_bucket(Bucket=PICTURES)

    assert handle(record("a.jpg", 1, "1"), record("a.jpg", 1, "2")) == ["1", "2"]
