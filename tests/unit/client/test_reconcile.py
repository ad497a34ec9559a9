"""Uploads that were never answered."""

import json
from typing import Any
from urllib.parse import unquote_plus

import pytest
from botocore.exceptions import ClientError

from frond_client import reconciliation
from frond_client.uploads.bucket import stored
from tests.unit.client.conftest import Run
from tests.unit.client.small_api import MADE, Asked, Reply, SmallApi
from tests.unit.client.small_stack import UPLOADS, SmallStack, identifier, succeeded

HOUR = 3600
ODD = "trip/a b+c 100%25 ö.jpg"


def record(key: str | None, status: str) -> dict[str, Any]:
    source = {"door": "s3", "key": key}
    return {"id": identifier(key or ""), "status": status, "source": source, "created_at": MADE}


def upload(stack: SmallStack, key: str, age: float = HOUR) -> None:
    stack.s3.put_object(
        Bucket=UPLOADS, Key=key, Body=key.encode(), ContentType="image/png", Metadata={"owner": "me"}
    )
    stack.age(UPLOADS, key, age)


def notified(stack: SmallStack) -> list[str]:
    answer = stack.sqs.receive_message(QueueUrl=stack.queues["UploadsQueue"], MaxNumberOfMessages=10)
    records = [
        record
        for each in answer.get("Messages", [])
        for record in json.loads(each["Body"]).get("Records", [])
    ]
    return sorted(unquote_plus(each["s3"]["object"]["key"]) for each in records)


@pytest.fixture
def muddle(stack: SmallStack, api: SmallApi) -> list[str]:
    """Uploads in every state; returns those that nobody answered."""
    for key in ("done.jpg", "failed.jpg", "queued.jpg", "running.jpg", ODD, "replaced.jpg", "expired.jpg"):
        upload(stack, key)
    upload(stack, "fresh.jpg", age=60)
    upload(stack, "deleted.jpg")
    stack.s3.delete_object(Bucket=UPLOADS, Key="deleted.jpg")
    stack.answer("done.jpg", succeeded())
    stack.answer("replaced.jpg", succeeded())
    stack.age_result("replaced.jpg", 2 * HOUR)
    api.page = 2
    api.records = [
        record(None, "succeeded"),
        record("done.jpg", "succeeded"),
        record("failed.jpg", "failed"),
        record("queued.jpg", "queued"),
        record("running.jpg", "running"),
        record("replaced.jpg", "succeeded"),
        record("expired.jpg", "succeeded"),
    ]
    stack.notify_the_queue()
    return sorted(["queued.jpg", "running.jpg", "replaced.jpg", ODD])


def test_only_what_nobody_answered_is_queued_again(
    stack: SmallStack, api: SmallApi, muddle: list[str], frond: Run
) -> None:
    notified(stack)
    result = frond("reconcile")
    assert result.exit_code == 0, result.output
    assert "7 uploads older than 15 minutes, 4 without a final record." in result.stdout
    assert "4 uploads queued again." in result.stdout
    assert notified(stack) == muddle
    assert {key for key in stack.uploaded() if stack.versions(key) == 2} == set(muddle)
    assert stack.versions("deleted.jpg") == 1
    copy = stack.s3.get_object(Bucket=UPLOADS, Key=ODD)
    assert copy["Body"].read() == ODD.encode()
    assert (copy["ContentType"], copy["Metadata"]) == ("image/png", {"owner": "me"})


def test_it_is_done_when_it_is_done(stack: SmallStack, muddle: list[str], frond: Run) -> None:
    frond("reconcile")
    assert "3 uploads older than 15 minutes, 0 without" in frond("reconcile").stdout


def test_a_dry_run_only_lists(stack: SmallStack, muddle: list[str], frond: Run) -> None:
    notified(stack)
    result = frond("reconcile", "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == muddle
    assert notified(stack) == []
    assert {stack.versions(key) for key in stack.uploaded()} == {1}


def test_older_than_is_in_minutes(stack: SmallStack, muddle: list[str], frond: Run) -> None:
    assert "fresh.jpg" in frond("reconcile", "--dry-run", "--older-than", "0.5").stdout
    assert "0 uploads older than 90 minutes" in frond("reconcile", "--older-than", "90").stdout


def test_a_busy_api_is_asked_again(stack: SmallStack, api: SmallApi, muddle: list[str], frond: Run) -> None:
    api.first = [(429, {"Retry-After": "0"}, b"{}"), (503, {}, b"")]
    assert frond("reconcile", "--dry-run").exit_code == 0
    assert api.asked[:3] == ["/v1/classifications?limit=100"] * 3


def test_nothing_is_queued_when_the_records_are_not_known(
    stack: SmallStack, api: SmallApi, muddle: list[str], frond: Run
) -> None:
    answers = SmallApi.answer
    api.page = 2

    def broken(asked: Asked) -> Reply | None:
        return (500, {}, b"") if "cursor" in asked.target else answers(api, asked)

    api.answer = broken  # type: ignore[method-assign]
    result = frond("reconcile")
    assert result.exit_code == 1
    assert "The API answered 500" in result.stderr
    assert {stack.versions(key) for key in stack.uploaded()} == {1}


def test_what_waits_is_said(stack: SmallStack, muddle: list[str], frond: Run) -> None:
    frond("reconcile")
    for key in muddle:
        stack.age(UPLOADS, key, HOUR)
    said = frond("reconcile", "--dry-run").stdout
    assert "messages wait in the queues: some of these may only be waiting." in said


def test_what_is_replaced_meanwhile_is_left_alone(stack: SmallStack, api: SmallApi) -> None:
    upload(stack, "a.jpg")
    found = stored(stack.s3, UPLOADS, "")["a.jpg"]
    stack.s3.put_object(Bucket=UPLOADS, Key="a.jpg", Body=b"newer")
    assert not reconciliation.requeue(stack.s3, UPLOADS, "a.jpg", found)
    assert stack.versions("a.jpg") == 2
    stack.s3.delete_object(Bucket=UPLOADS, Key="a.jpg")
    assert not reconciliation.requeue(stack.s3, UPLOADS, "a.jpg", found)


def test_what_is_replaced_at_the_last_moment_is_left_alone(
    stack: SmallStack, api: SmallApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(stack, "a.jpg")
    found = stored(stack.s3, UPLOADS, "")["a.jpg"]

    def copy(**arguments: Any) -> None:
        # Moto copies whatever is there; S3 answers this to a condition that does not hold.
        assert arguments["CopySourceIfMatch"].strip('"') == found.etag
        raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "CopyObject")

    monkeypatch.setattr(stack.s3, "copy_object", copy)
    assert not reconciliation.requeue(stack.s3, UPLOADS, "a.jpg", found)


def test_one_that_fails_stops_no_other(
    stack: SmallStack, muddle: list[str], frond: Run, monkeypatch: pytest.MonkeyPatch
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
