"""The sample events of the repository."""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

import pytest

from frond.repository import ClassificationRepository
from frond.s3_upload import identifier_of
from tests.conftest import ROOT
from tests.support.lambda_context import FakeLambdaContext
from tests.unit.preprocess.conftest import PHOTO, stored

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EVENTS = sorted(path for path in (ROOT / "events").glob("sqs-*.json") if path.stem != "sqs-picture")


def objects(event: Any) -> dict[str, dict[str, Any]]:
    """Return the newest object of each key of an event."""
    records = [each for record in event["Records"] for each in json.loads(record["body"]).get("Records", [])]
    things = sorted((each["s3"]["object"] for each in records), key=lambda thing: str(thing["sequencer"]))
    return {unquote_plus(thing["key"]): thing for thing in things}


@pytest.mark.parametrize("path", EVENTS, ids=lambda path: path.stem)
def test_every_upload_of_an_event_is_marked_running_once(
    s3: "S3Client", records: ClassificationRepository, path: Any
) -> None:
    from frond_preprocess.handler import handler

    bucket = "frond-dev-uploads-123456789012-us-east-1"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    event = json.loads(path.read_text())
    for key in objects(event):
        s3.put_object(Bucket=bucket, Key=key, Body=PHOTO.read_bytes())

    assert handler(event, FakeLambdaContext("preprocess")) == {"batchItemFailures": []}

    for key, thing in objects(event).items():
        record = records.get(identifier_of(key))
        assert record is not None
        assert (record.key, record.status) == (key, "running")
        assert record.sequencer.startswith(thing["sequencer"])
        assert stored(s3, "/problem.json") or stored(s3, "/picture.png")
    assert len(records.newest(100).records) == len(objects(event))
