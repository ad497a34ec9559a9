"""A picture comes in; a record, a result file and an event come out, whatever comes twice, late or broken."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError

from frond.problems import UnreadablePhoto
from frond.uploads import Upload, sequencer
from tests.unit.classify.conftest import PHOTOS, Call, Context, S3Door

NOW = datetime.now(UTC) - timedelta(minutes=1)


def upload(key: str = "field/maïs 1+1%.jpg", step: int = 0, version: str | None = None) -> Upload:
    at = NOW + timedelta(seconds=step)
    return Upload("uploads", key, version, sequencer(None, at), at)


def notification(*keys: str, message: str = "1") -> dict[str, Any]:
    records = [
        {
            "eventName": "ObjectCreated:Put",
            "s3": {"bucket": {"name": "pictures"}, "object": {"key": quote_plus(key)}},
        }
        for key in keys
    ]
    body = json.dumps({"Records": records})
    return {"messageId": message, "body": body, "eventSource": "aws:sqs", "attributes": {}}


def handle(*messages: dict[str, Any]) -> list[str]:
    from frond_classify import worker

    failures = worker.handler({"Records": list(messages)}, Context())["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in failures]


def test_the_picture_gets_the_answer_that_the_photo_gets_over_http(
    door: S3Door, call: Call, maize: bytes
) -> None:
    photo = upload()
    assert handle(notification(door.put_picture(photo, maize))) == []

    found = call("GET", f"/v1/classifications/{photo.identifier}").json
    assert found["status"] == "succeeded"
    assert found["source"] == {"door": "s3", "key": photo.key}
    assert found["image"] == {"width": 224, "height": 224, "format": "JPEG", "issues": []}
    over_http = call("POST", "/v1/classifications", maize, "image/jpeg").json
    assert found["predictions"] == over_http["predictions"]
    assert found["verdict"] == over_http["verdict"]
    assert door.result(photo.identifier) == found
    (event,) = door.told()
    assert (event["source"], event["detail-type"]) == ("frond", "Classification Finished")
    assert event["detail"] == found


def test_a_problem_ends_in_a_failed_record_with_the_reason(door: S3Door, call: Call) -> None:
    photo = upload()
    assert handle(notification(door.put_problem(photo, UnreadablePhoto()))) == []

    found = call("GET", f"/v1/classifications/{photo.identifier}").json
    assert (found["status"], found["verdict"], found["predictions"]) == ("failed", None, [])
    assert found["error"]["type"] == "urn:frond:problem:unreadable-photo"
    assert door.result(photo.identifier) == found
    assert len(door.told()) == 1


def test_five_deliveries_end_in_one_record(door: S3Door, call: Call, maize: bytes) -> None:
    photo = upload()
    key = door.put_picture(photo, maize)
    answers = []
    for _ in range(5):
        assert handle(notification(key)) == []
        answers.append(call("GET", f"/v1/classifications/{photo.identifier}").json)

    assert all(answer == answers[0] for answer in answers)
    assert door.contents("results") == [f"results/{photo.identifier}.json"]
    assert {event["detail"]["id"] for event in door.told()} == {photo.identifier}


def test_a_late_picture_of_an_older_version_changes_nothing(
    door: S3Door, call: Call, maize: bytes, seedlings: Any
) -> None:
    older, newer = upload(step=0), upload(step=1)
    late = door.put_picture(older, (seedlings / "beta-vulgaris.jpg").read_bytes())
    assert handle(notification(door.put_picture(newer, maize))) == []
    door.told()

    assert handle(notification(late)) == []

    assert door.result(newer.identifier)["predictions"][0]["species"] == "zea-mays"
    assert door.told() == []


def test_a_result_file_that_is_overtaken_ends_as_the_record_does(
    door: S3Door, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between an older photo's record and its result file, a newer photo finishes."""
    from frond_classify.storage import event_publisher, object_store

    older, newer = upload(step=0), upload(step=1)
    put = object_store.put_result

    def overtaken(identifier: str, result: dict[str, Any]) -> None:
        monkeypatch.setattr(event_publisher, "put_result", put)
        assert handle(notification(door.put_picture(newer, maize), message="2")) == []
        put(identifier, result)

    monkeypatch.setattr(event_publisher, "put_result", overtaken)
    assert handle(notification(door.put_problem(older, UnreadablePhoto()))) == []

    assert door.result(newer.identifier)["status"] == "succeeded"


def test_what_is_deleted_while_it_is_under_way_leaves_nothing(door: S3Door, maize: bytes) -> None:
    photo = upload()
    key = door.put_picture(photo, maize)
    door.records.mark_running(photo)
    door.records.delete(photo.identifier)

    assert handle(notification(key)) == []

    assert door.contents("pictures") == []
    assert door.contents("results") == []
    assert door.told() == []


def test_a_picture_of_another_size_is_made_anew_from_the_original(
    door: S3Door, call: Call, maize: bytes
) -> None:
    first = door.s3.put_object(Bucket="uploads", Key="a.jpg", Body=maize)["VersionId"]
    door.s3.put_object(Bucket="uploads", Key="a.jpg", Body=b"another version")
    photo = upload("a.jpg", version=first)

    assert handle(notification(door.put_picture(photo, maize, size=96))) == []

    over_http = call("POST", "/v1/classifications", maize, "image/jpeg").json
    assert door.result(photo.identifier)["predictions"] == over_http["predictions"]


def test_without_its_original_a_picture_of_another_size_ends_with_that_reason(
    door: S3Door, maize: bytes
) -> None:
    photo = upload("a.jpg")
    assert handle(notification(door.put_picture(photo, maize, size=96))) == []
    assert door.result(photo.identifier)["error"]["type"] == "urn:frond:problem:vanished-photo"


def test_a_picture_that_somebody_removed_ends_with_that_reason(door: S3Door) -> None:
    photo = upload()
    door.records.mark_running(photo)

    assert handle(notification(f"{photo.identifier}/{photo.sequencer}/picture.png")) == []
    assert door.result(photo.identifier)["error"]["type"] == "urn:frond:problem:vanished-photo"


@pytest.mark.parametrize(
    "key",
    ["picture.png", "x/y/picture.png", f"{'0' * 32}/00FF/thumbnail.jpg", f"{'0' * 32}/00FF/picture.png"],
)
def test_objects_that_are_not_of_an_upload_are_let_go(door: S3Door, key: str) -> None:
    assert handle(notification(key)) == []
    assert door.contents("results") == []


def test_the_test_event_is_let_go(door: S3Door) -> None:
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})
    assert handle({"messageId": "1", "body": body, "eventSource": "aws:sqs", "attributes": {}}) == []


def test_the_event_that_comes_with_the_project_names_an_upload(door: S3Door, maize: bytes) -> None:
    event = json.loads((PHOTOS.parent / "sqs-picture.json").read_text())
    at = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    photo = Upload("uploads", "zea-mays.jpg", None, sequencer("0055AED6DCD90281E5", at), at)
    door.put_picture(photo, maize)

    assert handle(*event["Records"]) == []
    assert door.result(photo.identifier)["predictions"][0]["species"] == "zea-mays"


def test_one_bad_message_in_ten_comes_back_alone(door: S3Door, maize: bytes) -> None:
    photos = [upload(f"{number}.jpg") for number in range(9)]
    messages = [
        notification(door.put_picture(photo, maize), message=str(number))
        for number, photo in enumerate(photos)
    ]
    messages.insert(4, {"messageId": "bad", "body": "{", "eventSource": "aws:sqs", "attributes": {}})

    assert handle(*messages) == ["bad"]
    assert len(door.contents("results")) == 9


@pytest.mark.parametrize("operation", ["PutObject", "PutEvents", "UpdateItem", "GetItem", "GetObject"])
@pytest.mark.parametrize("after", [False, True], ids=["before it was done", "after it was done"])
def test_a_fault_between_any_two_steps_is_made_good_by_the_next_delivery(
    door: S3Door, call: Call, maize: bytes, operation: str, *, after: bool
) -> None:
    from frond_classify.storage import aws_clients

    photo = upload()
    key = door.put_picture(photo, maize)
    fault = Fault(operation)
    clients = (aws_clients.s3(), aws_clients.dynamodb(), aws_clients.events())
    moment = "after-call" if after else "before-call"
    for client in clients:
        client.meta.events.register(f"{moment}.*.{operation}", fault)

    assert handle(notification(key)) == ["1"]
    assert fault.struck
    assert handle(notification(key)) == []

    assert call("GET", f"/v1/classifications/{photo.identifier}").json["status"] == "succeeded"
    assert door.result(photo.identifier)["status"] == "succeeded"
    assert {event["detail"]["id"] for event in door.told()} == {photo.identifier}


class Fault:
    """What fails the first call of an operation."""

    def __init__(self, operation: str) -> None:
        self.operation, self.struck = operation, False

    def __call__(self, **_: Any) -> None:
        if not self.struck:
            self.struck = True
            raise ClientError({"Error": {"Code": "InternalError", "Message": "injected"}}, self.operation)


def test_why_the_last_attempt_failed_can_be_asked_for(door: S3Door, call: Call, maize: bytes) -> None:
    photo = upload()
    key = door.put_picture(photo, maize)
    door.records.mark_running(photo)
    door.s3.delete_object(Bucket="pictures", Key=key)
    door.s3.delete_bucket(Bucket="pictures")

    assert handle(notification(key)) == ["1"]

    found = call("GET", f"/v1/classifications/{photo.identifier}").json
    assert found["status"] == "running"
    assert found["error"]["type"] == "urn:frond:problem:attempt-failed"
    assert "NoSuchBucket" in found["error"]["detail"]


def test_an_event_that_is_not_taken_is_sent_again(
    door: S3Door, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frond_classify.storage import event_publisher

    class Refusing:
        def put_events(self, **_: Any) -> Any:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorMessage": "throttled"}]}

    key = door.put_picture(upload(), maize)
    with monkeypatch.context() as patch:
        patch.setattr(event_publisher, "events", Refusing)
        assert handle(notification(key)) == ["1"]

    assert handle(notification(key)) == []
    assert len(door.told()) == 1
