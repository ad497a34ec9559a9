"""A tag is stored with a classification, over HTTP and S3, and finds it again."""

import json
from typing import Any
from urllib.parse import quote_plus

import pytest

from tests.support.lambda_context import FakeLambdaContext
from tests.unit.classify.conftest import Call, MotoAws

PATH = "/v1/classifications"


def tagged(call: Call, tag: str, **query: str) -> list[Any]:
    found: list[Any] = call("GET", PATH, query={"tag": tag, **query}).json["classifications"]
    return found


def preprocess_and_classify(aws: MotoAws, key: str, version: str, sequencer: str = "0A") -> Any:
    """Deliver the notification of an upload, then that of its picture; return the result."""
    from frond_classify import worker
    from frond_preprocess.handler import handler as preprocess

    def deliver(handler: Any, bucket: str, key: str, **extra: str) -> None:
        thing = {"key": quote_plus(key), "size": 1, "sequencer": sequencer, **extra}
        created = {
            "eventName": "ObjectCreated:Put",
            "eventTime": "2026-11-21T06:30:00.000Z",
            "s3": {"bucket": {"name": bucket}, "object": thing},
        }
        message = {
            "messageId": "1",
            "body": json.dumps({"Records": [created]}),
            "eventSource": "aws:sqs",
            "attributes": {},
        }
        assert handler({"Records": [message]}, FakeLambdaContext("function"))["batchItemFailures"] == []

    deliver(preprocess, "uploads", key, versionId=version)
    (made,) = [name for name in aws.contents("pictures") if not name.endswith("thumbnail.jpg")]
    deliver(worker.handler, "pictures", made)
    aws.s3.delete_object(Bucket="pictures", Key=made)
    return aws.result(made.partition("/")[0])


@pytest.fixture
def preprocessing(aws: MotoAws, monkeypatch: pytest.MonkeyPatch) -> Any:
    from frond_preprocess.app import use_app

    monkeypatch.setenv("FROND_PICTURE_SIZE", "224")
    use_app(None)
    yield aws
    use_app(None)


def test_a_request_is_found_by_its_tag(aws: MotoAws, call: Call, maize: bytes) -> None:
    query = {"tag": "walk 7/field-B"}
    answer = call("POST", PATH, maize, "image/jpeg", query).json
    call("POST", PATH, maize, "image/jpeg", {"tag": "walk 8"})
    call("POST", PATH, maize, "image/jpeg")

    assert answer["tag"] == query["tag"]
    assert [each["id"] for each in tagged(call, query["tag"])] == [answer["id"]]
    assert call("GET", f"{PATH}/{answer['id']}").json["tag"] == query["tag"]
    assert tagged(call, "walk 9") == []


def test_a_page_of_a_tag_skips_other_records(aws: MotoAws, call: Call, maize: bytes) -> None:
    for tag in ("a", "b", "b", "a", "b", "a"):
        call("POST", PATH, maize, "image/jpeg", {"tag": tag})

    first = call("GET", PATH, query={"tag": "a", "limit": "2"}).json
    rest = call("GET", PATH, query={"tag": "a", "limit": "2", "cursor": first["next_cursor"]}).json
    assert [each["tag"] for each in first["classifications"]] == ["a", "a"]
    assert [each["tag"] for each in rest["classifications"]] == ["a"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("tag", ["", "x" * 65, "-a", "a ", "Müller", "a\n", "a;b"])
def test_an_invalid_tag_is_refused(call: Call, maize: bytes, tag: str) -> None:
    assert call("POST", PATH, maize, "image/jpeg", {"tag": tag}).problem == "invalid-request"
    body = json.dumps({"content_type": "image/jpeg", "size": 1, "tag": tag}).encode()
    assert call("POST", "/v1/uploads", body, "application/json", binary=False).problem == "invalid-request"


def test_an_idempotency_key_covers_the_tag(aws: MotoAws, call: Call, maize: bytes) -> None:
    headers = {"idempotency-key": "1"}
    assert call("POST", PATH, maize, "image/jpeg", {"tag": "a"}, headers=headers).status == 200
    again = call("POST", PATH, maize, "image/jpeg", {"tag": "b"}, headers=headers)
    assert again.problem == "idempotency-key-reused"


def test_a_form_carries_its_tag(preprocessing: MotoAws, call: Call, maize: bytes) -> None:
    body = json.dumps({"content_type": "image/jpeg", "size": len(maize), "tag": "walk-7"}).encode()
    form = call("POST", "/v1/uploads", body, "application/json", binary=False).json
    assert form["fields"]["x-amz-meta-tag"] == "walk-7"
    assert call("GET", f"{PATH}/{form['id']}").json["tag"] == "walk-7"

    stored = preprocessing.s3.put_object(
        Bucket="uploads",
        Key=form["fields"]["key"],
        Body=maize,
        ContentType="image/jpeg",
        Metadata={"tag": form["fields"]["x-amz-meta-tag"]},
    )
    result = preprocess_and_classify(preprocessing, form["fields"]["key"], stored["VersionId"])
    assert (result["status"], result["tag"], result["taxon"]["name"]) == ("succeeded", "walk-7", "Zea mays")
    assert [each["id"] for each in tagged(call, "walk-7")] == [form["id"]]
    call("DELETE", f"{PATH}/{form['id']}")
    assert tagged(call, "walk-7") == []


@pytest.mark.parametrize(
    ("photo", "metadata", "expected"),
    [
        (None, {"tag": "a"}, "a"),
        (None, {"tag": "no; tag"}, None),
        (None, {}, None),
        (b"no photo", {"tag": "a"}, "a"),
    ],
)
def test_the_tag_of_an_object_is_read_from_its_metadata(
    preprocessing: MotoAws, maize: bytes, photo: bytes | None, metadata: dict[str, str], expected: str | None
) -> None:
    stored = preprocessing.s3.put_object(
        Bucket="uploads", Key="a.jpg", Body=photo or maize, Metadata=metadata
    )
    assert preprocess_and_classify(preprocessing, "a.jpg", stored["VersionId"])["tag"] == expected


def test_a_newer_upload_without_a_tag_has_none(preprocessing: MotoAws, maize: bytes) -> None:
    tags = []
    for sequencer, metadata in (("0A", {"tag": "a"}), ("0B", {})):
        stored = preprocessing.s3.put_object(Bucket="uploads", Key="a.jpg", Body=maize, Metadata=metadata)
        tags.append(preprocess_and_classify(preprocessing, "a.jpg", stored["VersionId"], sequencer)["tag"])
    assert tags == ["a", None]
