"""What was asked before can be asked for, corrected and deleted."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from frond.uploads import Upload, identifier_of, sequencer
from tests.unit.classify.conftest import Call, S3Door

PATH = "/v1/classifications"


def ask(call: Call, maize: bytes, **query: str) -> Any:
    return call("POST", PATH, maize, "image/jpeg", query).json


def send(call: Call, method: str, path: str, body: Any) -> Any:
    return call(method, path, json.dumps(body).encode(), "application/json", binary=False)


def landed(door: S3Door, key: str, photo: bytes = b"a photo") -> Upload:
    version = door.s3.put_object(Bucket="uploads", Key=key, Body=photo)["VersionId"]
    at = datetime.now(UTC) - timedelta(seconds=5)
    upload = Upload("uploads", key, version, sequencer(None, at), at)
    door.records.mark_running(upload)
    return upload


def test_an_answer_over_http_can_be_asked_for_again(door: S3Door, call: Call, maize: bytes) -> None:
    answer = ask(call, maize, top="2", lang="es")
    assert call("GET", f"{PATH}/{answer['id']}").json == answer


def test_an_answer_is_not_kept_where_that_is_not_wanted(door: S3Door, call: Call, maize: bytes) -> None:
    answer = ask(call, maize, record="false")
    assert answer["status"] == "succeeded"
    assert call("GET", f"{PATH}/{answer['id']}").problem == "unknown-classification"


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    door: S3Door, call: Call, maize: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(door.records), "add", broken)
    assert ask(call, maize)["verdict"] == "identified"


def test_the_list_has_the_newest_first_and_ends(door: S3Door, call: Call, maize: bytes) -> None:
    made = [ask(call, maize)["id"] for _ in range(5)]
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
def test_an_upload_is_found_by_its_key(door: S3Door, call: Call, key: str) -> None:
    upload = landed(door, key)
    (found,) = call("GET", PATH, query={"key": key}).json["classifications"]
    assert (found["id"], found["status"]) == (upload.identifier, "running")
    assert found["source"] == {"door": "s3", "key": key}
    assert (found["image"], found["model"], found["timings_ms"]) == (None, None, None)
    for other in (key + "x", f"api/{upload.identifier}"):
        assert call("GET", PATH, query={"key": other}).json == {"classifications": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query", [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"cursor": "nonsense"}, {"key": ""}], ids=str
)
def test_a_wrong_question_gets_a_400(door: S3Door, call: Call, query: dict[str, str]) -> None:
    reply = call("GET", PATH, query=query)
    assert (reply.status, reply.problem) == (400, "invalid-request")


def test_a_correction_is_kept(door: S3Door, call: Call, maize: bytes) -> None:
    answer = ask(call, maize)
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
def test_a_correction_that_is_none_is_refused(door: S3Door, call: Call, maize: bytes, body: Any) -> None:
    reply = send(call, "PUT", f"{PATH}/{ask(call, maize)['id']}/feedback", body)
    assert (reply.status, reply.problem) == (400, "invalid-request")


def test_deleting_leaves_nothing(door: S3Door, call: Call, maize: bytes) -> None:
    upload = landed(door, "a.jpg", b"first")
    landed(door, "a.jpg.other", b"a neighbour")
    door.s3.put_object(Bucket="uploads", Key="a.jpg", Body=b"second")
    door.s3.delete_object(Bucket="uploads", Key="a.jpg")
    picture = door.put_picture(upload, maize)
    door.s3.put_object(Bucket="pictures", Key=picture.replace("picture.png", "thumbnail.jpg"), Body=b"small")
    door.s3.put_object(Bucket="results", Key=f"results/{upload.identifier}.json", Body=b"{}")

    reply = call("DELETE", f"{PATH}/{upload.identifier}")

    assert (reply.status, reply.body) == (204, "")
    versions = door.s3.list_object_versions(Bucket="uploads")
    assert [each["Key"] for each in versions["Versions"]] == ["a.jpg.other"]
    assert versions.get("DeleteMarkers", []) == []
    assert door.contents("pictures") == []
    assert door.contents("results") == []
    assert call("GET", f"{PATH}/{upload.identifier}").problem == "unknown-classification"
    assert call("GET", PATH, query={"key": "a.jpg"}).json["classifications"] == []


def test_a_deletion_that_was_cut_off_can_be_asked_for_again(
    door: S3Door, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    from frond_classify.routes import classifications
    from frond_classify.storage.object_store import remove_all

    def cut_off(*_: object) -> None:
        monkeypatch.setattr(classifications, "remove_all", remove_all)
        raise ConnectionError

    upload = landed(door, "a.jpg")
    monkeypatch.setattr(classifications, "remove_all", cut_off)
    assert call("DELETE", f"{PATH}/{upload.identifier}").status == 500

    assert call("DELETE", f"{PATH}/{upload.identifier}").status == 204
    assert door.contents("uploads") == []


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("PUT", "/feedback")])
def test_what_was_never_there_is_a_404(door: S3Door, call: Call, method: str, path: str) -> None:
    body = {"species": None} if method == "PUT" else None
    reply = (
        send(call, method, f"{PATH}/nothing{path}", body) if body else call(method, f"{PATH}/nothing{path}")
    )
    assert (reply.status, reply.problem) == (404, "unknown-classification")


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("PUT", "/feedback")])
def test_without_a_table_nothing_is_kept(call: Call, method: str, path: str) -> None:
    reply = send(call, method, f"{PATH}/nothing{path}", {"species": None})
    assert (reply.status, reply.problem) == (404, "unknown-classification")
    assert call("GET", PATH).json == {"classifications": [], "next_cursor": None}


def test_an_announced_upload_gets_a_form_for_that_type_and_size(door: S3Door, call: Call) -> None:
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
def test_an_announcement_that_cannot_be_kept_is_refused(
    door: S3Door, call: Call, body: Any, status: int, problem: str
) -> None:
    reply = send(call, "POST", "/v1/uploads", body)
    assert (reply.status, reply.problem) == (status, problem)


def test_without_an_uploads_bucket_there_is_no_such_door(call: Call) -> None:
    reply = send(call, "POST", "/v1/uploads", {"content_type": "image/jpeg", "size": 10})
    assert (reply.status, reply.problem) == (404, "unknown-path")


def test_a_body_that_is_no_json_is_refused(door: S3Door, call: Call) -> None:
    reply = call("POST", "/v1/uploads", b"{", "application/json", binary=False)
    assert reply.status in (400, 422)
