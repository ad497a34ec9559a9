"""Uploads are classified, recorded and published, also if messages arrive twice, late or broken."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError

from frond.problems import UnreadablePhoto
from frond.s3_upload import Upload, sequencer
from frond_classify.app import current_app
from tests.support.lambda_context import FakeLambdaContext
from tests.support.tiny_detector import detector_folder
from tests.unit.classify.conftest import PHOTOS, Call, MotoAws

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

    failures = worker.handler({"Records": list(messages)}, FakeLambdaContext("worker"))["batchItemFailures"]
    return [failure["itemIdentifier"] for failure in failures]


def test_an_upload_gets_the_classification_of_an_http_request(aws: MotoAws, call: Call, maize: bytes) -> None:
    photo = upload()
    assert handle(notification(aws.put_picture(photo, maize))) == []

    found = call("GET", f"/v1/classifications/{photo.identifier}").json
    assert found["status"] == "succeeded"
    assert found["source"] == {"door": "s3", "key": photo.key}
    assert found["image"] == {"width": 224, "height": 224, "format": "JPEG", "issues": []}
    over_http = call("POST", "/v1/classifications", maize, "image/jpeg").json
    assert found["predictions"] == over_http["predictions"]
    assert found["verdict"] == over_http["verdict"]
    assert aws.result(photo.identifier) == found
    (event,) = aws.take_events()
    assert (event["source"], event["detail-type"]) == ("frond", "Classification Finished")
    assert event["detail"] == found


def test_an_unusable_photo_has_a_failed_record_with_the_problem(aws: MotoAws, call: Call) -> None:
    photo = upload()
    assert handle(notification(aws.put_problem(photo, UnreadablePhoto()))) == []

    found = call("GET", f"/v1/classifications/{photo.identifier}").json
    assert (found["status"], found["verdict"], found["predictions"]) == ("failed", None, [])
    assert found["error"]["type"] == "urn:frond:problem:unreadable-photo"
    assert aws.result(photo.identifier) == found
    assert len(aws.take_events()) == 1


def test_five_deliveries_have_one_record(aws: MotoAws, call: Call, maize: bytes) -> None:
    photo = upload()
    key = aws.put_picture(photo, maize)
    answers = []
    for _ in range(5):
        assert handle(notification(key)) == []
        answers.append(call("GET", f"/v1/classifications/{photo.identifier}").json)

    assert all(answer == answers[0] for answer in answers)
    assert aws.contents("results") == [f"results/{photo.identifier}.json"]
    assert {event["detail"]["id"] for event in aws.take_events()} == {photo.identifier}


def test_a_late_message_about_an_older_upload_changes_nothing(
    aws: MotoAws, call: Call, maize: bytes, seedlings: Any
) -> None:
    older, newer = upload(step=0), upload(step=1)
    late = aws.put_picture(older, (seedlings / "beta-vulgaris.jpg").read_bytes())
    assert handle(notification(aws.put_picture(newer, maize))) == []
    aws.take_events()

    assert handle(notification(late)) == []

    assert aws.result(newer.identifier)["predictions"][0]["species"] == "zea-mays"
    assert aws.take_events() == []


def test_the_result_file_ends_as_the_record_does(
    aws: MotoAws, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer upload finishes between an older upload's record and its result file."""
    from frond_classify.storage.object_store import ObjectStore

    older, newer = upload(step=0), upload(step=1)
    # Here, not below: a call beneath the worker's needs the worker's permissions.
    picture = aws.put_picture(newer, maize)
    put = ObjectStore.put_result

    def overtaken(store: ObjectStore, identifier: str, result: dict[str, Any]) -> None:
        monkeypatch.setattr(ObjectStore, "put_result", put)
        assert handle(notification(picture, message="2")) == []
        put(store, identifier, result)

    monkeypatch.setattr(ObjectStore, "put_result", overtaken)
    assert handle(notification(aws.put_problem(older, UnreadablePhoto()))) == []

    assert aws.result(newer.identifier)["status"] == "succeeded"


def test_the_plants_of_an_upload_are_those_of_an_http_request(
    aws: MotoAws, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _, manifest = detector_folder(tmp_path / "detection")
    app = current_app()
    monkeypatch.setattr(
        app, "settings", app.settings.model_copy(update={"model_dir": tmp_path, "detect_plants": True})
    )
    stored = aws.s3.put_object(Bucket="uploads", Key="a.jpg", Body=maize)
    photo, gone = upload("a.jpg", version=stored["VersionId"]), upload("gone.jpg")

    assert handle(notification(aws.put_picture(photo, maize))) == []
    assert handle(notification(aws.put_picture(gone, maize), message="2")) == []

    found = aws.result(photo.identifier)
    assert found["detector"] == {"version": manifest.version}
    assert found["detections"] == call("POST", "/v1/detections", maize, "image/jpeg").json["detections"]
    assert [each["class"] for each in found["detections"]] == ["zea-mays", "plant"]
    assert found == call("GET", f"/v1/classifications/{photo.identifier}").json
    without = aws.result(gone.identifier)
    assert (without["status"], without["detections"], without["detector"]) == ("succeeded", None, None)


def test_a_classification_deleted_meanwhile_leaves_no_objects(aws: MotoAws, maize: bytes) -> None:
    photo = upload()
    key = aws.put_picture(photo, maize)
    aws.records.mark_running(photo)
    aws.records.delete(photo.identifier)

    assert handle(notification(key)) == []

    assert aws.contents("pictures") == []
    assert aws.contents("results") == []
    assert aws.take_events() == []


def test_a_photo_of_another_size_is_preprocessed_again(aws: MotoAws, call: Call, maize: bytes) -> None:
    first = aws.s3.put_object(Bucket="uploads", Key="a.jpg", Body=maize)["VersionId"]
    aws.s3.put_object(Bucket="uploads", Key="a.jpg", Body=b"another version")
    photo = upload("a.jpg", version=first)

    assert handle(notification(aws.put_picture(photo, maize, size=96))) == []

    over_http = call("POST", "/v1/classifications", maize, "image/jpeg").json
    assert aws.result(photo.identifier)["predictions"] == over_http["predictions"]


def test_a_photo_of_another_size_without_its_original_fails(aws: MotoAws, maize: bytes) -> None:
    photo = upload("a.jpg")
    assert handle(notification(aws.put_picture(photo, maize, size=96))) == []
    assert aws.result(photo.identifier)["error"]["type"] == "urn:frond:problem:vanished-photo"


def test_a_deleted_preprocessed_photo_fails(aws: MotoAws) -> None:
    photo = upload()
    aws.records.mark_running(photo)

    assert handle(notification(f"{photo.identifier}/{photo.sequencer}/picture.png")) == []
    assert aws.result(photo.identifier)["error"]["type"] == "urn:frond:problem:vanished-photo"


@pytest.mark.parametrize("key", [f"{'0' * 32}/00FF/thumbnail.jpg", f"{'0' * 32}/00FF/picture.png"])
def test_thumbnails_and_deleted_uploads_are_ignored(aws: MotoAws, key: str) -> None:
    assert handle(notification(key)) == []
    assert aws.contents("results") == []


@pytest.mark.parametrize("key", ["picture.png", "x/y/picture.png", f"{'0' * 32}/00ff/problem.json"])
def test_an_object_of_no_upload_returns_to_the_queue(aws: MotoAws, key: str) -> None:
    assert handle(notification(key)) == ["1"]
    assert aws.contents("results") == []


def test_the_test_event_is_ignored(aws: MotoAws) -> None:
    body = json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent"})
    assert handle({"messageId": "1", "body": body, "eventSource": "aws:sqs", "attributes": {}}) == []


def test_the_sample_event_is_processed(aws: MotoAws, maize: bytes) -> None:
    event = json.loads((PHOTOS.parent / "sqs-picture.json").read_text())
    at = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    photo = Upload("uploads", "zea-mays.jpg", None, sequencer("0055AED6DCD90281E5", at), at)
    aws.put_picture(photo, maize)

    assert handle(*event["Records"]) == []
    assert aws.result(photo.identifier)["predictions"][0]["species"] == "zea-mays"


def test_only_the_invalid_message_of_ten_is_returned_to_the_queue(aws: MotoAws, maize: bytes) -> None:
    photos = [upload(f"{number}.jpg") for number in range(9)]
    messages = [
        notification(aws.put_picture(photo, maize), message=str(number))
        for number, photo in enumerate(photos)
    ]
    messages.insert(4, {"messageId": "bad", "body": "{", "eventSource": "aws:sqs", "attributes": {}})

    assert handle(*messages) == ["bad"]
    assert len(aws.contents("results")) == 9


@pytest.mark.parametrize("operation", ["PutObject", "PutEvents", "UpdateItem", "GetItem", "GetObject"])
@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after the call"])
def test_the_next_delivery_completes_any_interrupted_step(
    aws: MotoAws, call: Call, maize: bytes, operation: str, *, after: bool
) -> None:
    from frond_classify.app import current_app

    photo = upload()
    key = aws.put_picture(photo, maize)
    fault = FailOnce(operation)
    clients = current_app().aws
    moment = "after-call" if after else "before-call"
    for client in (clients.s3, clients.dynamodb, clients.events):
        client.meta.events.register(f"{moment}.*.{operation}", fault)

    assert handle(notification(key)) == ["1"]
    assert fault.struck
    assert handle(notification(key)) == []

    assert call("GET", f"/v1/classifications/{photo.identifier}").json["status"] == "succeeded"
    assert aws.result(photo.identifier)["status"] == "succeeded"
    assert {event["detail"]["id"] for event in aws.take_events()} == {photo.identifier}


class FailOnce:
    """A hook that fails the first call of an operation."""

    def __init__(self, operation: str) -> None:
        self.operation, self.struck = operation, False

    def __call__(self, **_: Any) -> None:
        if not self.struck:
            self.struck = True
            raise ClientError({"Error": {"Code": "InternalError", "Message": "injected"}}, self.operation)


def test_the_last_error_can_be_read(aws: MotoAws, call: Call, maize: bytes) -> None:
    photo = upload()
    key = aws.put_picture(photo, maize)
    aws.records.mark_running(photo)
    aws.s3.delete_object(Bucket="pictures", Key=key)
    aws.s3.delete_bucket(Bucket="pictures")

    assert handle(notification(key)) == ["1"]

    found = call("GET", f"/v1/classifications/{photo.identifier}").json
    assert found["status"] == "running"
    assert found["error"]["type"] == "urn:frond:problem:attempt-failed"
    assert found["error"]["detail"] == "Classification failed: GetObject in AWS returned NoSuchBucket."


def delivered_again(key: str, message: str = "1") -> dict[str, Any]:
    sent = notification(key, message=message)
    return {**sent, "attributes": {"ApproximateReceiveCount": "2"}}


def kill_attempt(aws: MotoAws, photo: Upload) -> None:
    """Begin an attempt alone that does not end."""
    with (
        suppress(KeyboardInterrupt),
        aws.records.marked_attempt(photo.identifier, photo.sequencer, "classify 1"),
    ):
        raise KeyboardInterrupt


def test_a_photo_that_may_have_killed_its_attempt_is_classified_alone(
    aws: MotoAws, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frond_classify import queue_handler

    suspect, other = upload("suspect.jpg"), upload("other.jpg")
    keys = [aws.put_picture(photo, maize) for photo in (suspect, other)]
    aws.records.mark_running(suspect)
    seen = []
    classify = queue_handler.classify_upload

    def noted(app: Any, preprocessed: Any) -> Any:
        record = aws.records.get(preprocessed.upload.identifier)
        seen.append((preprocessed.upload.identifier, record and record.attempt))
        return classify(app, preprocessed)

    monkeypatch.setattr(queue_handler, "classify_upload", noted)
    assert handle(delivered_again(keys[0]), notification(keys[1], message="2")) == []

    assert seen == [(other.identifier, None), (suspect.identifier, "classify 1")]
    found = aws.records.get(suspect.identifier)
    assert found is not None
    assert (found.status, found.attempt) == ("succeeded", None)


def test_a_photo_that_killed_its_attempt_alone_fails_with_a_problem(
    aws: MotoAws, call: Call, maize: bytes
) -> None:
    photo = upload("killer.jpg")
    key = aws.put_picture(photo, maize)
    aws.records.mark_running(photo)
    kill_attempt(aws, photo)

    assert handle(delivered_again(key)) == []

    found = aws.result(photo.identifier)
    assert (found["status"], found["error"]["type"]) == ("failed", "urn:frond:problem:unprocessable-photo")
    assert len(aws.take_events()) == 1
    assert call("GET", f"/v1/classifications/{photo.identifier}").json == found


def test_a_rejected_event_is_sent_again(aws: MotoAws, maize: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    from frond_classify.app import current_app

    class RejectingEventBridge:
        def put_events(self, **_: Any) -> Any:
            return {"FailedEntryCount": 1, "Entries": [{"ErrorMessage": "throttled"}]}

    key = aws.put_picture(upload(), maize)
    with monkeypatch.context() as patch:
        patch.setattr(current_app().aws, "events", RejectingEventBridge())
        assert handle(notification(key)) == ["1"]

    assert handle(notification(key)) == []
    assert len(aws.take_events()) == 1
