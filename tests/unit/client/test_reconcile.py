"""`frond reconcile`: uploads without a final record."""

import json
from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError

from frond_client import reconciliation, records_table
from frond_client.frond_stack import FrondStack
from frond_client.uploads.bucket import list_objects
from tests.unit.client.conftest import Run
from tests.unit.client.fake_api import FakeApi
from tests.unit.client.fake_stack import RECORDS, UPLOADS, FakeStack, client, succeeded

HOUR = 3600
ODD = "trip/a b+c 100%25 ö.jpg"


def upload(stack: FakeStack, key: str, age: float = HOUR) -> None:
    stack.s3.put_object(
        Bucket=UPLOADS, Key=key, Body=key.encode(), ContentType="image/png", Metadata={"owner": "me"}
    )
    stack.age(UPLOADS, key, age)


def notified(stack: FakeStack) -> list[str]:
    response = stack.sqs.receive_message(QueueUrl=stack.queues["UploadsQueue"], MaxNumberOfMessages=10)
    records = [
        record
        for each in response.get("Messages", [])
        for record in json.loads(each["Body"]).get("Records", [])
    ]
    return sorted(unquote_plus(each["s3"]["object"]["key"]) for each in records)


@pytest.fixture
def unfinished(stack: FakeStack) -> list[str]:
    """Create uploads in every state; return those without a final record."""
    for key in ("done.jpg", "failed.jpg", "queued.jpg", "running.jpg", ODD, "replaced.jpg", "expired.jpg"):
        upload(stack, key)
    upload(stack, "fresh.jpg", age=60)
    stack.s3.put_object(Bucket=UPLOADS, Key="folder/", Body=b"")
    stack.age(UPLOADS, "folder/", HOUR)
    upload(stack, "deleted.jpg")
    stack.s3.delete_object(Bucket=UPLOADS, Key="deleted.jpg")
    stack.put_result("done.jpg", succeeded())
    stack.put_result("replaced.jpg", succeeded())
    stack.age_result("replaced.jpg", 2 * HOUR)
    for key, status in {
        "done.jpg": "succeeded",
        "failed.jpg": "failed",
        "queued.jpg": "queued",
        "running.jpg": "running",
        "replaced.jpg": "succeeded",
        "expired.jpg": "succeeded",
    }.items():
        stack.put_record(key, status)
    stack.enable_notifications()
    return sorted(["queued.jpg", "running.jpg", "replaced.jpg", ODD])


def test_only_unfinished_uploads_are_queued_again(
    stack: FakeStack, api: FakeApi, unfinished: list[str], frond: Run
) -> None:
    notified(stack)
    result = frond("reconcile")
    assert result.exit_code == 0, result.output
    assert "7 uploads older than 15 minutes, 4 without a final record." in result.stdout
    assert "4 uploads queued again." in result.stdout
    assert notified(stack) == unfinished
    assert {key for key in stack.uploaded_keys() if stack.versions(key) == 2} == set(unfinished)
    assert stack.versions("deleted.jpg") == 1
    copy = stack.s3.get_object(Bucket=UPLOADS, Key=ODD)
    assert copy["Body"].read() == ODD.encode()
    assert (copy["ContentType"], copy["Metadata"]) == ("image/png", {"owner": "me"})
    # Records are read by id from the table: each request to the API would be one of the key's daily quota.
    assert api.targets == []


def test_a_second_run_queues_nothing(stack: FakeStack, unfinished: list[str], frond: Run) -> None:
    frond("reconcile")
    assert "3 uploads older than 15 minutes, 0 without" in frond("reconcile").stdout


def test_a_dry_run_only_lists(stack: FakeStack, unfinished: list[str], frond: Run) -> None:
    notified(stack)
    result = frond("reconcile", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == unfinished
    assert notified(stack) == []
    assert {stack.versions(key) for key in stack.uploaded_keys()} == {1}


def test_older_than_is_in_minutes(stack: FakeStack, unfinished: list[str], frond: Run) -> None:
    assert "fresh.jpg" in frond("reconcile", "--dry-run", "--older-than", "0.5").stdout
    assert "0 uploads older than 90 minutes" in frond("reconcile", "--older-than", "90").stdout


def test_an_upload_through_the_api_has_the_id_of_its_form(stack: FakeStack, frond: Run) -> None:
    reserved = "0123456789abcdef" * 2
    upload(stack, f"api/{reserved}")
    item = {"id": {"S": reserved}, "status": {"S": "succeeded"}}
    stack.client("dynamodb").put_item(TableName=RECORDS, Item=item)
    assert "1 upload older than 15 minutes, 0 without" in frond("reconcile").stdout


def test_what_a_throttled_table_leaves_out_is_read_again(
    stack: FakeStack, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More uploads than one request takes, of which a throttled table answers one at a time."""
    monkeypatch.setattr(records_table, "_BATCH_SIZE", 3)
    monkeypatch.setattr(records_table, "_PAUSE_S", 0.001)
    keys = [f"{number}.jpg" for number in range(5)]
    for key in keys:
        upload(stack, key)
        stack.put_record(key, "failed" if key == "4.jpg" else "succeeded")
    dynamodb = client(stack.endpoint, "dynamodb")
    whole, sizes = dynamodb.batch_get_item, []

    def throttled(RequestItems: Any) -> Any:  # noqa: N803 - boto3's name
        table = RequestItems[RECORDS]
        first, *rest = table["Keys"]
        sizes.append(len(rest) + 1)
        response = whole(RequestItems={RECORDS: table | {"Keys": [first]}})
        return response | {"UnprocessedKeys": {RECORDS: table | {"Keys": rest}} if rest else {}}

    monkeypatch.setattr(dynamodb, "batch_get_item", throttled)
    monkeypatch.setattr(FrondStack, "dynamodb", lambda _: dynamodb)
    assert "5 uploads older than 15 minutes, 0 without" in frond("reconcile").stdout
    assert sizes == [3, 2, 1, 2, 1]


def test_nothing_is_queued_if_the_records_cannot_be_read(
    stack: FakeStack, unfinished: list[str], frond: Run
) -> None:
    stack.client("dynamodb").delete_table(TableName=RECORDS)
    result = frond("reconcile")
    assert result.exit_code == 1
    assert "BatchGetItem" in result.stderr
    assert {stack.versions(key) for key in stack.uploaded_keys()} == {1}


def test_waiting_messages_are_reported(stack: FakeStack, unfinished: list[str], frond: Run) -> None:
    frond("reconcile")
    for key in unfinished:
        stack.age(UPLOADS, key, HOUR)
    output = frond("reconcile", "--dry-run").stdout
    assert "messages wait in the queues, perhaps for these uploads." in output


def test_an_upload_that_was_replaced_is_skipped(stack: FakeStack, api: FakeApi) -> None:
    upload(stack, "a.jpg")
    found = list_objects(stack.s3, UPLOADS, "")["a.jpg"]
    stack.s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=b"newer")
    assert not reconciliation.requeue(stack.s3, UPLOADS, "a.jpg", found)
    assert stack.versions("a.jpg") == 2
    stack.s3.delete_object(Bucket=UPLOADS, Key="a.jpg")
    assert not reconciliation.requeue(stack.s3, UPLOADS, "a.jpg", found)


def test_an_upload_that_is_replaced_before_the_copy_is_skipped(
    stack: FakeStack, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(stack, "a.jpg")
    found = list_objects(stack.s3, UPLOADS, "")["a.jpg"]

    def copy(**arguments: Any) -> None:
        # Moto ignores the condition; S3 responds with this error.
        assert arguments["CopySourceIfMatch"].strip('"') == found.etag
        raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "CopyObject")

    monkeypatch.setattr(stack.s3, "copy_object", copy)
    assert not reconciliation.requeue(stack.s3, UPLOADS, "a.jpg", found)


def test_a_failure_does_not_stop_the_others(
    stack: FakeStack, unfinished: list[str], frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    requeue = reconciliation.requeue

    def sometimes(s3: Any, bucket: str, key: str, found: Any) -> bool:
        if key == "queued.jpg":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, "CopyObject")
        return requeue(s3, bucket, key, found)

    monkeypatch.setattr(reconciliation, "requeue", sometimes)
    result = frond("reconcile")
    assert result.exit_code == 1
    assert "3 uploads queued again." in result.stdout
    assert "1 photo not queued: AWS refuses CopyObject: No." in result.stdout
