"""Requests and parsed responses of both clients."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from frond_client import Frond
from tests.unit.client.blocking_adapter import Connect
from tests.unit.client.fake_api import CREATED_AT, FakeApi, classification, photo

ISSUE = {"issue": "blurred", "advice": "Hold the camera still."}


@pytest.fixture
def maize(tmp_path: Path) -> Path:
    path = tmp_path / "maize.jpg"
    path.write_bytes(photo("zea-mays"))
    return path


def test_a_photo_is_classified(client: Frond, service: FakeApi, maize: Path) -> None:
    result = client.classify(maize)

    assert (result.verdict, result.status, result.id) == ("identified", "succeeded", "id-0")
    first = result.predictions[0]
    assert (first.species, first.scientific_name, first.confidence) == ("zea-mays", "Zea mays", 0.9)
    assert result.created_at.isoformat() == "2026-11-21T16:29:01.870794+00:00"
    (sent,) = service.requests
    assert (sent.method, sent.target) == ("POST", "/v1/classifications")
    assert sent.headers["x-api-key"] == "a-key"


SOURCES: dict[str, Callable[[Path], Any]] = {
    "a path": lambda path: path,
    "its name": str,
    "bytes": Path.read_bytes,
    "a bytearray": lambda path: bytearray(path.read_bytes()),
    "a view of bytes": lambda path: memoryview(path.read_bytes()),
    "a file": lambda path: io.BytesIO(path.read_bytes()),
    "a list": lambda path: [path],
}


@pytest.mark.parametrize("source", SOURCES)
def test_each_kind_of_photo_source_is_read(client: Frond, service: FakeApi, maize: Path, source: str) -> None:
    assert client.classify(SOURCES[source](maize)).predictions[0].species == "zea-mays"
    (part,) = service.requests[0].parts
    assert (part.name, part.content_type) == ("image", "image/jpeg")
    assert part.raw == maize.read_bytes()


def test_photos_of_one_plant_are_one_multipart_request(client: Frond, service: FakeApi, maize: Path) -> None:
    with maize.open("rb") as file:
        result = client.classify([maize, photo("galium-aparine"), file])

    assert [part.name for part in service.requests[0].parts] == ["image"] * 3
    assert [each.predictions[0].species for each in result.images] == [
        "zea-mays",
        "galium-aparine",
        "zea-mays",
    ]
    assert len(service.requests) == 1


def test_file_names_are_not_sent(client: Frond, service: FakeApi, tmp_path: Path) -> None:
    path = tmp_path / "at aunt Mary's.jpg"
    path.write_bytes(photo("zea-mays"))
    client.classify(path)
    assert b"Mary" not in service.requests[0].body


@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, {}),
        ({"top": 3, "lang": "es"}, {"top": "3", "lang": "es"}),
        ({"explain": True, "record": False}, {"explain": "true", "record": "false"}),
    ],
)
def test_options_are_query_parameters(
    client: Frond, service: FakeApi, maize: Path, options: dict[str, Any], query: dict[str, str]
) -> None:
    client.classify(maize, **options)
    assert service.requests[0].query == query


def test_unknown_members_are_preserved(client: Frond, service: FakeApi) -> None:
    document = classification("x", ["zea-mays"], mood="good", verdict="probable", status="finished")
    document["image"]["issues"] = [{**ISSUE, "severity": 3}]
    document["predictions"][0]["family"] = "Poaceae"
    document["evidence"] = [[0, 0.5], [1, 0.25]]
    service.records = [document]

    result = client.get("x")

    assert result.verdict == "probable"
    assert result.image
    assert result.image.issues[0].advice == ISSUE["advice"]
    assert result.evidence == ((0.0, 0.5), (1.0, 0.25))
    assert result.model_extra == {"mood": "good"}
    assert json.loads(result.model_dump_json(exclude_unset=True)) == document


def test_a_response_of_an_older_service_is_parsed(client: Frond, service: FakeApi) -> None:
    document = classification("x", ["zea-mays"])
    for member in ("images", "evidence", "timings_ms", "feedback"):
        del document[member]
    service.records = [document]
    result = client.get("x")
    assert (result.images, result.evidence, result.feedback) == ((), None, None)


def test_classifications_are_listed_in_pages(client: Frond, service: FakeApi) -> None:
    service.records = [classification(str(number), ["zea-mays"]) for number in range(5)]
    service.page_size = 2

    first = client.list(limit=2, lang="fr")
    second = client.list(limit=2, cursor=first.next_cursor)
    assert [each.id for each in (*first.classifications, *second.classifications)] == ["0", "1", "2", "3"]
    assert service.requests[0].query == {"limit": "2", "lang": "fr"}

    assert [each.id for each in client.iterate()] == ["0", "1", "2", "3", "4"]
    assert service.requests[-1].query == {"limit": "100", "cursor": "4"}


def test_a_classification_is_found_by_its_object_key(client: Frond, service: FakeApi) -> None:
    key = "field 7/a+b ö.jpg"
    service.records = [classification("x", ["zea-mays"], source={"door": "s3", "key": key})]
    assert [each.source.key for each in client.iterate(key=key)] == [key]
    assert not list(client.iterate(key="other"))


def test_feedback_is_submitted(client: Frond, service: FakeApi) -> None:
    service.records = [classification("x", ["zea-mays"])]

    updated = client.submit_feedback("x", "galium-aparine", comment="Sticky.", consent=True)

    assert service.requests[0].target == "/v1/classifications/x/feedback"
    feedback = {"species": "galium-aparine", "comment": "Sticky.", "consent": True}
    assert json.loads(service.requests[0].body) == feedback
    assert updated.feedback
    assert updated.feedback.model_dump() == feedback
    client.submit_feedback("x", None)
    assert json.loads(service.requests[1].body) == {"species": None, "comment": None, "consent": False}


def test_a_classification_is_deleted(client: Frond, service: FakeApi) -> None:
    service.records = [classification("x", ["zea-mays"])]
    client.delete("x")
    assert service.records == []


def test_species_and_model_are_returned(client: Frond, service: FakeApi) -> None:
    (maize,) = client.species(lang="es")
    assert (maize.species, maize.eppo_code, maize.family) == ("zea-mays", "ZEAMX", None)
    assert service.requests[0].query == {"lang": "es"}
    model = client.model()
    assert (model.version, model.species) == ("v", 12)
    assert model.since.year == int(CREATED_AT[:4])


def test_an_id_is_escaped_in_the_path(client: Frond, service: FakeApi) -> None:
    service.records = [classification("a%2Fb%3Fc", ["zea-mays"])]
    assert client.get("a/b?c").id == "a%2Fb%3Fc"


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([], ValueError, "one to 5 photos"),
        ([b"x"] * 6, ValueError, "not 6"),
        (3, TypeError, "not int"),
        (io.StringIO("x"), TypeError, '"rb"'),
        ("no such file.jpg", FileNotFoundError, "no such file.jpg"),
    ],
)
def test_an_invalid_photo_source_is_rejected_before_any_request(
    client: Frond, service: FakeApi, given: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        client.classify(given)
    assert service.requests == []


def test_the_endpoint_may_come_from_the_environment(
    connect: Connect, service: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROND_URL", service.url + "/")
    monkeypatch.setenv("FROND_KEY", "another-key")
    with connect() as client:
        client.model()
    assert service.keys == {"another-key"}


def test_a_local_endpoint_bypasses_the_proxies_of_the_environment(
    connect: Connect, service: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with connect(service.url, "k") as client:
        assert client.model().version == "v"
