"""Stored classifications can be read, listed, corrected and deleted; uploads can be requested."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from frond.s3_upload import Upload, identifier_of, sequencer
from tests.unit.classify.conftest import Call, MotoAws

PATH = "/v1/classifications"


def classify(call: Call, maize: bytes, **query: str) -> Any:
    return call("POST", PATH, maize, "image/jpeg", query).json


def send(call: Call, method: str, path: str, body: Any) -> Any:
    return call(method, path, json.dumps(body).encode(), "application/json", binary=False)


def uploaded(aws: MotoAws, key: str, photo: bytes = b"a photo") -> Upload:
    version = aws.s3.put_object(Bucket="uploads", Key=key, Body=photo)["VersionId"]
    at = datetime.now(UTC) - timedelta(seconds=5)
    upload = Upload("uploads", key, version, sequencer(None, at), at)
    aws.records.mark_running(upload)
    return upload


def test_a_classification_can_be_read_again(aws: MotoAws, call: Call, maize: bytes) -> None:
    answer = classify(call, maize, top="2", lang="es")
    assert call("GET", f"{PATH}/{answer['id']}").json == answer


def test_a_classification_is_not_stored_on_request(aws: MotoAws, call: Call, maize: bytes) -> None:
    answer = classify(call, maize, record="false")
    assert answer["status"] == "succeeded"
    assert call("GET", f"{PATH}/{answer['id']}").problem == "unknown-classification"


def test_a_classification_that_cannot_be_stored_is_returned(
    aws: MotoAws, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(aws.records), "add", broken)
    assert classify(call, maize)["verdict"] == "identified"


def test_the_list_has_the_newest_first_and_ends(aws: MotoAws, call: Call, maize: bytes) -> None:
    made = [classify(call, maize)["id"] for _ in range(5)]
    seen: list[str] = []
    query = {"limit": "2"}
    while True:
        page = call("GET", PATH, query=query).json
        seen += [each["id"] for each in page["classifications"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == made[::-1]


@pytest.mark.parametrize("key", ["any/key.jpg", "a b+c%20/ñ.jpg", "é" * 500], ids=len)
def test_an_upload_is_found_by_its_key(aws: MotoAws, call: Call, key: str) -> None:
    upload = uploaded(aws, key)
    (found,) = call("GET", PATH, query={"key": key}).json["classifications"]
    assert (found["id"], found["status"]) == (upload.identifier, "running")
    assert found["source"] == {"door": "s3", "key": key}
    assert (found["image"], found["model"], found["timings_ms"]) == (None, None, None)
    for other in (key + "x", f"api/{upload.identifier}"):
        assert call("GET", PATH, query={"key": other}).json == {"classifications": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "nonsense"}, {"key": ""}], ids=str
)
def test_an_invalid_query_is_rejected(aws: MotoAws, call: Call, query: dict[str, str]) -> None:
    reply = call("GET", PATH, query=query)
    assert (reply.status, reply.problem) == (400, "invalid-request")


def test_feedback_is_stored(aws: MotoAws, call: Call, maize: bytes) -> None:
    answer = classify(call, maize)
    path = f"{PATH}/{answer['id']}"

    reply = send(call, "PUT", f"{path}/feedback", {"species": "zea-mexicana", "comment": "teosinte"})

    assert reply.status == 200
    assert reply.json == answer | {
        "feedback": {"species": "zea-mexicana", "comment": "teosinte", "consent": False}
    }
    assert call("GET", path).json == reply.json
    assert send(call, "PUT", f"{path}/feedback", {"species": None}).json["feedback"]["species"] is None


@pytest.mark.parametrize(
    "body",
    [{}, {"species": "Zea mays"}, {"species": 1}, {"species": "a", "comment": "x" * 1001}, [], "x"],
    ids=str,
)
def test_invalid_feedback_is_rejected(aws: MotoAws, call: Call, maize: bytes, body: Any) -> None:
    reply = send(call, "PUT", f"{PATH}/{classify(call, maize)['id']}/feedback", body)
    assert (reply.status, reply.problem) == (400, "invalid-request")


def test_deleting_removes_every_object(aws: MotoAws, call: Call, maize: bytes) -> None:
    upload = uploaded(aws, "a.jpg", b"first")
    uploaded(aws, "a.jpg.other", b"a neighbour")
    aws.s3.put_object(Bucket="uploads", Key="a.jpg", Body=b"second")
    aws.s3.delete_object(Bucket="uploads", Key="a.jpg")
    picture = aws.put_picture(upload, maize)
    aws.s3.put_object(Bucket="pictures", Key=picture.replace("picture.png", "thumbnail.jpg"), Body=b"small")
    aws.s3.put_object(Bucket="results", Key=f"results/{upload.identifier}.json", Body=b"{}")

    reply = call("DELETE", f"{PATH}/{upload.identifier}")

    assert (reply.status, reply.body) == (204, "")
    versions = aws.s3.list_object_versions(Bucket="uploads")
    assert [each["Key"] for each in versions["Versions"]] == ["a.jpg.other"]
    assert versions.get("DeleteMarkers", []) == []
    assert aws.contents("pictures") == []
    assert aws.contents("results") == []
    assert call("GET", f"{PATH}/{upload.identifier}").problem == "unknown-classification"
    assert call("GET", PATH, query={"key": "a.jpg"}).json["classifications"] == []


def test_an_interrupted_deletion_can_be_repeated(
    aws: MotoAws, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frond_classify.storage.object_store import ObjectStore

    def interrupt(*_: object) -> None:
        raise ConnectionError

    upload = uploaded(aws, "a.jpg")
    with monkeypatch.context() as patch:
        patch.setattr(ObjectStore, "delete_all", interrupt)
        assert call("DELETE", f"{PATH}/{upload.identifier}").status == 500

    assert call("DELETE", f"{PATH}/{upload.identifier}").status == 204
    assert aws.contents("uploads") == []


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("PUT", "/feedback")])
def test_an_unknown_id_is_a_404(aws: MotoAws, call: Call, method: str, path: str) -> None:
    body = {"species": None} if method == "PUT" else None
    reply = (
        send(call, method, f"{PATH}/nothing{path}", body) if body else call(method, f"{PATH}/nothing{path}")
    )
    assert (reply.status, reply.problem) == (404, "unknown-classification")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("PUT", "/feedback")])
def test_without_a_table_nothing_is_stored(call: Call, method: str, path: str) -> None:
    reply = send(call, method, f"{PATH}/nothing{path}", {"species": None})
    assert (reply.status, reply.problem) == (404, "unknown-classification")
    assert call("GET", PATH).json == {"classifications": [], "next_cursor": None}


def test_an_upload_form_accepts_only_its_type_and_size(aws: MotoAws, call: Call) -> None:
    reply = send(call, "POST", "/v1/uploads", {"content_type": "image/heic", "size": 4_500_000})

    assert reply.status == 201
    form = reply.json
    assert set(form) == {"id", "url", "fields", "expires_at"}
    policy = policy_of(form["fields"])
    assert ["content-length-range", 4_500_000, 4_500_000] in policy["conditions"]
    assert {"Content-Type": "image/heic"} in policy["conditions"]
    assert {"key": form["fields"]["key"]} in policy["conditions"]
    lives = datetime.fromisoformat(form["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < lives <= timedelta(minutes=15)
    assert identifier_of(form["fields"]["key"]) == form["id"]
    waiting = call("GET", f"{PATH}/{form['id']}").json
    assert waiting["status"] == "queued"


@pytest.mark.parametrize("name", ["image/jpg", "IMAGE/JPEG", "image/pjpeg", "image/jpeg; q=1"])
def test_an_upload_form_has_the_registered_name_of_its_type(aws: MotoAws, call: Call, name: str) -> None:
    reply = send(call, "POST", "/v1/uploads", {"content_type": name, "size": 7})

    assert reply.status == 201
    assert reply.json["fields"]["Content-Type"] == "image/jpeg"
    assert {"Content-Type": "image/jpeg"} in policy_of(reply.json["fields"])["conditions"]


def policy_of(fields: dict[str, str]) -> Any:
    import base64

    return json.loads(base64.b64decode(fields["policy"]))


@pytest.mark.parametrize(
    ("body", "status", "problem"),
    [
        ({"content_type": "text/html", "size": 10}, 415, "unsupported-media-type"),
        ({"content_type": "image/jpeg", "size": 52_428_801}, 413, "payload-too-large"),
        ({"content_type": "image/jpeg", "size": 0}, 400, "invalid-request"),
        ({"content_type": "image/jpeg"}, 400, "invalid-request"),
        ({"content_type": "image/jpeg", "size": "many"}, 400, "invalid-request"),
        ([], 400, "invalid-request"),
    ],
    ids=str,
)
def test_an_invalid_upload_request_is_rejected(
    aws: MotoAws, call: Call, body: Any, status: int, problem: str
) -> None:
    reply = send(call, "POST", "/v1/uploads", body)
    assert (reply.status, reply.problem) == (status, problem)


def test_without_an_uploads_bucket_there_are_no_uploads(call: Call) -> None:
    reply = send(call, "POST", "/v1/uploads", {"content_type": "image/jpeg", "size": 10})
    assert (reply.status, reply.problem) == (404, "unknown-path")


def test_a_body_that_is_not_json_is_rejected(aws: MotoAws, call: Call) -> None:
    reply = call("POST", "/v1/uploads", b"{", "application/json", binary=False)
    assert reply.status in (400, 422)
