"""Uploads are preprocessed; for an unusable photo a problem document is stored."""

import io
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image

from frond.preprocessing import PreprocessingSpec, read_photo
from frond.records import ExpectedUpload
from frond.repository import ClassificationRepository
from frond.s3_upload import Upload, identifier_of, reserved_key
from tests.support.lambda_context import FakeLambdaContext
from tests.unit.preprocess.conftest import PHOTO, PICTURES, UPLOADS, stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def record(key: str, size: int, message: str = "1", **extra: str) -> dict[str, Any]:
    created = {
        "eventName": "ObjectCreated:Put",
        "eventTime": "2026-11-21T06:30:00.000Z",
        "s3": {
            "bucket": {"name": UPLOADS},
            "object": {"key": quote_plus(key), "size": size, "sequencer": "0055AED6DCD90281E5", **extra},
        },
    }
    return message_of({"Records": [created]}, message)


def message_of(body: dict[str, Any], message: str) -> dict[str, Any]:
    return {"messageId": message, "body": json.dumps(body), "eventSource": "aws:sqs", "attributes": {}}


def handle(*records: dict[str, Any]) -> list[str]:
    from frond_preprocess.handler import handler

    failures = handler({"Records": list(records)}, FakeLambdaContext("preprocess"))["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in failures]


def problem_of(s3: "S3Client") -> str:
    (name,) = stored(s3)
    assert name.endswith("/problem.json")
    problem = json.loads(s3.get_object(Bucket=PICTURES, Key=name)["Body"].read())
    return str(problem["type"]).removeprefix("urn:frond:problem:")


@pytest.mark.parametrize("key", ["maize.jpg", "a b+c%20/ñ.jpg", "é" * 500, "100%.jpg"], ids=len)
def test_the_stored_picture_is_the_model_input(s3: "S3Client", key: str) -> None:
    photo = PHOTO.read_bytes()
    s3.put_object(Bucket=UPLOADS, Key=key, Body=photo)

    assert handle(record(key, len(photo))) == []

    (name,) = stored(s3, "/picture.png")
    assert name.startswith(f"{identifier_of(key)}/0055AED6DCD90281E5")
    picture = s3.get_object(Bucket=PICTURES, Key=name)
    pixels = np.asarray(Image.open(io.BytesIO(picture["Body"].read())))
    np.testing.assert_array_equal(pixels, read_photo(photo, PreprocessingSpec(size=160)).pixels)
    upload = Upload.from_metadata(picture["Metadata"])
    assert (upload.bucket, upload.key) == (UPLOADS, key)
    assert picture["Metadata"]["original-format"] == "JPEG"
    assert picture["Metadata"]["original-size"] == str(len(photo))


def test_the_thumbnail_is_the_whole_photo_upright_without_metadata(s3: "S3Client") -> None:
    tags = Image.Exif()
    tags[0x0112], tags[0x010F] = 6, "a camera"  # turned by a quarter
    wide = io.BytesIO()
    Image.new("RGB", (1200, 600), "green").save(wide, "JPEG", exif=tags)
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=wide.getvalue())

    assert handle(record("a.jpg", 1)) == []

    (name,) = stored(s3, "/thumbnail.jpg")
    thumbnail = Image.open(io.BytesIO(s3.get_object(Bucket=PICTURES, Key=name)["Body"].read()))
    assert thumbnail.size == (256, 512)
    assert not thumbnail.getexif()


def test_the_record_is_running_afterwards(s3: "S3Client", records: ClassificationRepository) -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=PHOTO.read_bytes())
    handle(record("a.jpg", 1))

    found = records.get(identifier_of("a.jpg"))
    assert found is not None
    assert (found.status, found.key, found.door) == ("running", "a.jpg", "s3")


def test_five_deliveries_store_one_picture(s3: "S3Client") -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=PHOTO.read_bytes())
    for _ in range(5):
        assert handle(record("a.jpg", 1)) == []

    assert len(stored(s3)) == 2  # and its thumbnail


def test_a_finished_upload_is_not_preprocessed_again(
    s3: "S3Client", records: ClassificationRepository
) -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=PHOTO.read_bytes())
    handle(record("a.jpg", 1))
    upload = Upload.from_metadata(
        s3.head_object(Bucket=PICTURES, Key=stored(s3, "/picture.png")[0])["Metadata"]
    )
    records.mark_finished(upload, "succeeded", {})
    for name in stored(s3):
        s3.delete_object(Bucket=PICTURES, Key=name)

    assert handle(record("a.jpg", 1)) == []
    assert stored(s3) == []


def test_a_late_notification_of_an_older_upload_is_ignored(
    s3: "S3Client", records: ClassificationRepository
) -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=PHOTO.read_bytes())

    assert handle(record("a.jpg", 1, sequencer="0055AED6DCD90281FF")) == []
    assert handle(record("a.jpg", 1, sequencer="0055AED6DCD90281EB")) == []

    found = records.get(identifier_of("a.jpg"))
    assert found is not None
    assert found.sequencer.startswith("0055AED6DCD90281FF")
    assert all("0055AED6DCD90281FF" in name for name in stored(s3))


def test_one_notification_of_two_uploads_preprocesses_both(s3: "S3Client") -> None:
    bodies = []
    for key in ("a.jpg", "b.jpg"):
        s3.put_object(Bucket=UPLOADS, Key=key, Body=PHOTO.read_bytes())
        bodies += json.loads(record(key, 1)["body"])["Records"]

    assert handle(message_of({"Records": bodies}, "1")) == []
    assert len(stored(s3, "/picture.png")) == 2


@pytest.mark.parametrize(
    ("size", "content_type"), [(1, "image/jpeg"), (None, "image/png")], ids=["size", "type"]
)
def test_an_upload_that_does_not_match_its_form_is_rejected(
    s3: "S3Client", records: ClassificationRepository, size: int | None, content_type: str
) -> None:
    photo = PHOTO.read_bytes()
    identifier = "0123456789abcdef0123456789abcdef"
    key = reserved_key(identifier)
    records.expect_upload(identifier, key, ExpectedUpload(content_type, size or len(photo)))
    s3.put_object(Bucket=UPLOADS, Key=key, Body=photo, ContentType="image/jpeg")

    assert handle(record(key, len(photo))) == []
    assert problem_of(s3) == "broken-promise"


@pytest.mark.parametrize("content_type", ["image/jpg", "IMAGE/JPEG", "image/jpeg"])
def test_another_name_of_the_content_type_matches_the_form(
    s3: "S3Client", records: ClassificationRepository, content_type: str
) -> None:
    photo, identifier = PHOTO.read_bytes(), "0123456789abcdef0123456789abcdef"
    records.expect_upload(identifier, reserved_key(identifier), ExpectedUpload("image/jpeg", len(photo)))
    s3.put_object(Bucket=UPLOADS, Key=reserved_key(identifier), Body=photo, ContentType=content_type)

    assert handle(record(reserved_key(identifier), len(photo))) == []
    assert stored(s3, "/picture.png")


def test_a_file_that_is_no_image_gets_a_problem_document(s3: "S3Client") -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=b"I am not a photo")

    assert handle(record("a.jpg", 16)) == []
    assert problem_of(s3) == "unsupported-format"


def test_an_empty_file_gets_a_problem_document_about_the_object(s3: "S3Client") -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=b"")

    assert handle(record("a.jpg", 0)) == []
    assert problem_of(s3) == "empty-body"
    problem = json.loads(s3.get_object(Bucket=PICTURES, Key=stored(s3)[0])["Body"].read())
    assert "S3" in problem["detail"]
    assert "request" not in problem["title"] + problem["detail"]


def test_the_marker_of_a_folder_has_no_record(s3: "S3Client", records: ClassificationRepository) -> None:
    s3.put_object(Bucket=UPLOADS, Key="folder/", Body=b"")

    assert handle(record("folder/", 0)) == []
    assert stored(s3) == []
    assert records.newest(10).records == []


def test_a_zip_file_gets_a_problem_document(s3: "S3Client") -> None:
    s3.put_object(Bucket=UPLOADS, Key="photos.zip", Body=b"PK\x03\x04" + bytes(100))

    assert handle(record("photos.zip", 104)) == []
    assert problem_of(s3) == "unsupported-format"


def test_a_message_of_unknown_shape_returns_to_the_queue(s3: "S3Client") -> None:
    unknown = [message_of({"surprise": 1}, "1"), message_of({"Records": []}, "2"), message_of({}, "3")]
    assert handle(*unknown) == ["1", "2", "3"]


def test_a_file_over_the_limit_is_not_read(s3: "S3Client") -> None:
    assert handle(record("never-there.jpg", 1_000_001)) == []
    assert problem_of(s3) == "payload-too-large"


def test_an_object_deleted_before_it_is_read_gets_a_problem_document(s3: "S3Client") -> None:
    assert handle(record("gone.jpg", 10)) == []
    assert problem_of(s3) == "vanished-photo"


def test_the_test_event_and_removals_are_ignored(s3: "S3Client") -> None:
    test_event = message_of({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": UPLOADS}, "1")
    removal = message_of({"Records": [{"eventName": "ObjectRemoved:DeleteMarkerCreated", "s3": {}}]}, "2")

    assert handle(test_event, removal) == []


def test_only_the_invalid_message_of_ten_is_returned_to_the_queue(s3: "S3Client") -> None:
    photo = PHOTO.read_bytes()
    for number in range(9):
        s3.put_object(Bucket=UPLOADS, Key=f"{number}.jpg", Body=photo)
    records = [record(f"{number}.jpg", len(photo), str(number)) for number in range(9)]
    records.insert(4, {"messageId": "bad", "body": "not json", "eventSource": "aws:sqs", "attributes": {}})

    assert handle(*records) == ["bad"]
    assert len(stored(s3, "/picture.png")) == 9


def test_a_missing_bucket_returns_every_message_to_the_queue_and_records_the_error(
    s3: "S3Client", records: ClassificationRepository
) -> None:
    s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=PHOTO.read_bytes())
    s3.delete_bucket(Bucket=PICTURES)

    assert handle(record("a.jpg", 1, "1"), record("a.jpg", 1, "2")) == ["1", "2"]
    found = records.get(identifier_of("a.jpg"))
    assert found is not None
    assert found.last_error is not None
    assert found.last_error["detail"] == "Preprocessing failed: PutObject in AWS returned NoSuchBucket."


KMS = "User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: kms:Decrypt on resource: arn"
SSE_C = "The object was stored using a form of Server Side Encryption. The correct parameters must …"


@pytest.mark.parametrize(
    ("code", "message", "encrypted"),
    [
        ("AccessDenied", KMS, True),
        ("KMS.DisabledException", "arn:aws:kms:k is disabled.", True),
        ("InvalidRequest", SSE_C, True),
        ("AccessDenied", "Access Denied", False),
        ("InvalidRequest", "Missing required header", False),
    ],
)
def test_an_upload_under_a_key_of_the_callers_fails_at_once(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch, code: str, message: str, encrypted: bool
) -> None:
    from frond_preprocess.app import current_app

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")

    monkeypatch.setattr(current_app().s3, "get_object", refuse)
    failed = handle(record("a.jpg", 10))
    if encrypted:
        monkeypatch.undo()
        assert failed == []
        assert problem_of(s3) == "encrypted-photo"
    else:
        assert failed == ["1"]


def test_logs_name_no_object_key(s3: "S3Client", caplog: pytest.LogCaptureFixture) -> None:
    key = "Ada Lovelace/holiday.jpg"
    s3.put_object(Bucket=UPLOADS, Key=key, Body=b"no photo")
    assert handle(record(key, 8)) == []
    logs = " ".join(str(vars(each)) for each in caplog.records)
    assert identifier_of(key) in logs
    assert "Ada" not in logs
