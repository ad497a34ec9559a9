"""Two callers of the running stack: neither sees the other's photos by any route."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from tests.support.running_stack import RunningStack
from tests.support.waiting import HANG_S, eventually

PATH = "/v1/classifications"
IDEMPOTENCY_KEY = "walk-7/photo-12"
FEEDBACK = {"species": "zea-mays", "comment": "of Ana"}

Frond = Callable[..., str]


@dataclass(frozen=True)
class KeyHolder:
    """An API key and the stack that it calls."""

    stack: RunningStack
    key_id: str
    key: str

    def send(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        return self.stack.request(path, method, key=self.key, **options)

    def json(self, method: str, path: str, **options: Any) -> Any:
        response = self.send(method, path, **options)
        assert response.status < 300, response.data
        return json.loads(response.data)

    def classify(self, photo: bytes, **headers: str) -> urllib3.BaseHTTPResponse:
        return self.send("POST", PATH, body=photo, headers={"content-type": "image/jpeg", **headers})

    def finished(self, identifier: str) -> Any:
        """Return a classification as soon as it is finished."""

        def read() -> Any:
            response = self.send("GET", f"{PATH}/{identifier}")
            found = json.loads(response.data) if response.status == 200 else {}
            return found if found.get("status") in {"succeeded", "failed"} else None

        return eventually(read)

    def pages(self, limit: int, cursor: str | None = None) -> Iterator[Any]:
        """Yield every page of the list, from a cursor on."""
        while True:
            query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
            page = self.json("GET", f"{PATH}?{urlencode(query)}")
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def listed(self, cursor: str | None = None, limit: int = 2) -> set[str]:
        return {each["id"] for page in self.pages(limit, cursor) for each in page["classifications"]}


@dataclass(frozen=True)
class OwnedPhoto:
    """A photo of one caller: its classification and its object's key."""

    identifier: str
    key: str | None = None


@pytest.fixture(scope="module")
def frond(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> Frond:
    """Run the command `frond` beside the stack's file."""
    home = tmp_path_factory.mktemp("home")
    (home / ".frond").mkdir()
    (home / ".frond" / "stack.json").write_text(json.dumps(stack.info))

    def run(*arguments: str) -> str:
        command = [sys.executable, "-m", "frond_client", *arguments]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=HANG_S, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def new_caller(stack: RunningStack, frond: Frond) -> Callable[[str], KeyHolder]:
    def create(name: str) -> KeyHolder:
        key = json.loads(frond("keys", "create", name, "--json"))
        return KeyHolder(stack, key["id"], key["value"])

    return create


@pytest.fixture(scope="module")
def ana(new_caller: Callable[[str], KeyHolder]) -> KeyHolder:
    return new_caller("ana")


@pytest.fixture(scope="module")
def ben(new_caller: Callable[[str], KeyHolder]) -> KeyHolder:
    return new_caller("ben")


@pytest.fixture(scope="module")
def operator(stack: RunningStack, frond: Frond) -> KeyHolder:
    (own,) = [key for key in json.loads(frond("keys", "list", "--json")) if key["is_operator"]]
    return KeyHolder(stack, own["id"], stack.api_key)


def put_upload(operator: KeyHolder, key: str, photo: bytes) -> OwnedPhoto:
    """Put a photo straight into the bucket; return it when it is classified."""
    operator.stack.s3.put_object(Bucket=operator.stack.info["uploads_bucket"], Key=key, Body=photo)

    def find() -> Any:
        found = operator.json("GET", f"{PATH}?{urlencode({'key': key})}")["classifications"]
        return found[0]["id"] if found else None

    identifier: str = eventually(find)
    operator.finished(identifier)
    return OwnedPhoto(identifier, key)


def request_form(caller: KeyHolder, size: int) -> Any:
    body = json.dumps({"content_type": "image/jpeg", "size": size})
    return caller.json("POST", "/v1/uploads", body=body, headers={"content-type": "application/json"})


def post_form(form: Any, photo: bytes) -> None:
    fields = {**form["fields"], "file": ("photo.jpg", photo, "image/jpeg")}
    assert urllib3.request("POST", form["url"], fields=fields, timeout=HANG_S).status == 204


@pytest.fixture(scope="module")
def anas(ana: KeyHolder, operator: KeyHolder, seedlings: Path) -> list[OwnedPhoto]:
    """A photo of Ana's by each way into the stack; the last form waits for its upload."""
    photo = (seedlings / "zea-mays.jpg").read_bytes()
    by_http = json.loads(ana.classify(photo, **{"Idempotency-Key": IDEMPOTENCY_KEY}).data)["id"]
    form, waiting = request_form(ana, len(photo)), request_form(ana, len(photo))
    post_form(form, photo)
    ana.finished(form["id"])
    by_prefix = put_upload(operator, f"owners/{ana.key_id}/walk/a photo.jpg", photo)
    return [
        OwnedPhoto(by_http),
        by_prefix,
        *(OwnedPhoto(each["id"], each["fields"]["key"]) for each in (form, waiting)),
    ]


@pytest.fixture(scope="module")
def operators(operator: KeyHolder, seedlings: Path) -> list[OwnedPhoto]:
    """A photo of the operator's by each way into the stack."""
    photo = (seedlings / "galium-aparine.jpg").read_bytes()
    return [
        OwnedPhoto(json.loads(operator.classify(photo).data)["id"]),
        put_upload(operator, "owners.jpg", photo),
        put_upload(operator, "walk/owners/a.jpg", photo),
    ]


@pytest.fixture(scope="module")
def foreign(anas: list[OwnedPhoto], operators: list[OwnedPhoto]) -> list[OwnedPhoto]:
    """The photos that Ben must not see."""
    return [*anas, *operators]


@pytest.fixture(scope="module")
def operations(operator: KeyHolder) -> list[tuple[str, str, Any]]:
    """Every operation of the running stack's OpenAPI document: path, method and definition."""
    paths = operator.json("GET", "/openapi.json")["paths"]
    return [(path, method, each) for path, methods in paths.items() for method, each in methods.items()]


def body_of(operation: Any) -> dict[str, Any]:
    """Return options for a valid request with an operation's JSON body, if it has one."""
    if "application/json" not in operation.get("requestBody", {}).get("content", {}):
        return {}
    return {"body": json.dumps(FEEDBACK), "headers": {"content-type": "application/json"}}


def test_everyone_sees_what_is_theirs(
    ana: KeyHolder, ben: KeyHolder, operator: KeyHolder, anas: list[OwnedPhoto], operators: list[OwnedPhoto]
) -> None:
    for photo in anas:
        for caller in (ana, operator):
            found = caller.json("GET", f"{PATH}/{photo.identifier}")
            assert (found["owner"], found["source"]["key"]) == (ana.key_id, photo.key)
    for photo in operators:
        assert operator.json("GET", f"{PATH}/{photo.identifier}")["owner"] is None
    assert ana.listed() == {each.identifier for each in anas}
    # Tests before these leave hundreds.
    assert operator.listed(limit=100) >= {each.identifier for each in [*anas, *operators]}


def test_every_route_with_an_id_answers_a_stranger_as_if_there_were_nothing(
    ana: KeyHolder, ben: KeyHolder, foreign: list[OwnedPhoto], operations: list[tuple[str, str, Any]]
) -> None:
    with_id = [each for each in operations if "{identifier}" in each[0]]
    assert {(method, path.removeprefix(PATH)) for path, method, _ in with_id} >= {
        ("get", "/{identifier}"),
        ("delete", "/{identifier}"),
        ("put", "/{identifier}/feedback"),
    }
    for path, method, operation in with_id:
        for identifier in [*(photo.identifier for photo in foreign), "0" * 32]:
            reply = ben.send(method.upper(), path.replace("{identifier}", identifier), **body_of(operation))
            problem = json.loads(reply.data)
            assert (reply.status, problem["type"]) == (404, "urn:frond:problem:unknown-classification"), path
            # Not even the words differ from those for an id that never was.
            assert problem["detail"] == "It never existed, was deleted, or has expired."


def test_no_route_without_an_id_shows_a_strangers_photo(
    ana: KeyHolder,
    ben: KeyHolder,
    operator: KeyHolder,
    foreign: list[OwnedPhoto],
    operations: list[tuple[str, str, Any]],
) -> None:
    cursors = [next(caller.pages(1))["next_cursor"] for caller in (ana, operator)]
    values = {
        "cursor": cursors,
        "key": [photo.key for photo in foreign if photo.key],
        "lang": ["es"],
        "limit": ["100"],
        "number": ["1"],
        "tag": ["field-7"],
        "species": ["zea-mays"],
    }
    secrets = {text for photo in foreign for text in (photo.identifier, photo.key) if text}
    for path, method, operation in operations:
        parameters = {each["name"]: each["in"] for each in operation.get("parameters", [])}
        if method != "get" or "identifier" in parameters:
            continue
        assert parameters.keys() <= values.keys(), f"{path} has parameters that this test does not know"
        for name, where in [*parameters.items(), ("", "")]:
            for value in values.get(name, [""]):
                target = path.replace("{species}", "zea-mays")
                query = f"?{urlencode({name: value})}" if where == "query" else ""
                reply = ben.send("GET", target + query, headers={"accept": "image/jpeg, */*"})
                assert reply.status in {200, 404}, (target, query, reply.data)
                body = reply.data.decode("utf-8", "replace")
                assert not [secret for secret in secrets if secret in body], (target, query)


def test_the_cursor_of_a_stranger_leads_to_ones_own_photos(
    ana: KeyHolder, ben: KeyHolder, operator: KeyHolder, anas: list[OwnedPhoto], seedling: bytes
) -> None:
    own = {json.loads(ben.classify(seedling).data)["id"] for _ in range(3)}
    for stranger, limit in ((ana, 2), (operator, 20)):
        for page in stranger.pages(limit):
            if page["next_cursor"]:
                seen = ben.listed(page["next_cursor"])
                assert seen.isdisjoint(each.identifier for each in anas)
    assert ben.listed() >= own


def test_the_idempotency_key_of_a_stranger_is_a_new_one(
    ana: KeyHolder, ben: KeyHolder, anas: list[OwnedPhoto], seedlings: Path
) -> None:
    # Another photo under Ana's key would be a 422, which would show that she used the key.
    for name in ("galium-aparine", "zea-mays"):
        key = {"Idempotency-Key": IDEMPOTENCY_KEY + name}
        ana.classify((seedlings / "zea-mays.jpg").read_bytes(), **key)
        reply = ben.classify((seedlings / f"{name}.jpg").read_bytes(), **key)
        assert reply.status == 200
        assert "Idempotency-Replayed" not in reply.headers
        found = json.loads(reply.data)
        assert found["owner"] == ben.key_id
        assert found["id"] not in ana.listed()


def test_a_strangers_attempts_change_nothing(
    ana: KeyHolder, ben: KeyHolder, operator: KeyHolder, foreign: list[OwnedPhoto]
) -> None:
    before = [operator.json("GET", f"{PATH}/{photo.identifier}") for photo in foreign]
    for photo in foreign:
        path = f"{PATH}/{photo.identifier}"
        ben.send("DELETE", path)
        json_type = {"content-type": "application/json"}
        ben.send("PUT", f"{path}/feedback", body=json.dumps(FEEDBACK), headers=json_type)
    assert [operator.json("GET", f"{PATH}/{photo.identifier}") for photo in foreign] == before
    stored = ana.stack.s3.list_object_versions(Bucket=ana.stack.info["uploads_bucket"])["Versions"]
    uploaded = {each["Key"] for each in stored}
    assert uploaded >= {photo.key for photo in foreign if photo.key} - {foreign[3].key}


def test_the_result_object_names_its_owner(
    ana: KeyHolder, anas: list[OwnedPhoto], operators: list[OwnedPhoto]
) -> None:
    s3, bucket = ana.stack.s3, ana.stack.info["results_bucket"]
    for photo, owner in [(anas[1], ana.key_id), (anas[2], ana.key_id), (operators[1], None)]:
        read = partial(read_object, s3, bucket, f"results/{photo.identifier}.json")
        assert json.loads(eventually(read))["owner"] == owner


def read_object(s3: Any, bucket: str, key: str) -> bytes | None:
    try:
        content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return content


def test_a_form_writes_under_the_prefix_of_its_caller(ana: KeyHolder, operator: KeyHolder) -> None:
    assert request_form(ana, 10)["fields"]["key"].startswith(f"owners/{ana.key_id}/api/")
    assert request_form(operator, 10)["fields"]["key"].startswith("api/")


def test_a_deletion_is_repeated_by_its_owner_only(ana: KeyHolder, ben: KeyHolder, seedling: bytes) -> None:
    path = f"{PATH}/{json.loads(ana.classify(seedling).data)['id']}"
    assert ana.send("DELETE", path).status == 204
    assert ben.send("DELETE", path).status == 404
    assert ana.send("DELETE", path).status == 204


def test_what_every_key_may_see_is_the_same_for_all(
    ana: KeyHolder, ben: KeyHolder, operator: KeyHolder
) -> None:
    for path in ("/v1/model", "/v1/species"):
        assert ana.json("GET", path) == ben.json("GET", path) == operator.json("GET", path)


def test_a_revoked_key_is_refused_and_its_photos_stay(
    new_caller: Callable[[str], KeyHolder], operator: KeyHolder, frond: Frond, seedling: bytes
) -> None:
    eve = new_caller("eve")
    identifier = json.loads(eve.classify(seedling).data)["id"]

    frond("keys", "revoke", eve.key_id)

    assert eve.send("GET", f"{PATH}/{identifier}").status == 403
    assert operator.json("GET", f"{PATH}/{identifier}")["owner"] == eve.key_id
    listed = {key["id"]: key for key in json.loads(frond("keys", "list", "--json"))}
    assert (listed[eve.key_id]["name"], listed[eve.key_id]["is_enabled"]) == ("eve", False)

    frond("keys", "revoke", eve.key_id, "--delete")

    assert eve.send("GET", "/v1/species").status == 403
    assert eve.key_id not in frond("keys", "list", "--json")
