"""`frond detect`: photos in, a table of plants, JSON or CSV out; and the client's method."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from frond_client import Frond, PhotoTooLargeError, calls
from tests.unit.client.conftest import Run
from tests.unit.client.fake_api import FakeApi, detections, photo, problem
from tests.unit.client.test_classify_command import lines

SPECIES = {"=1+1.jpg": "galium-aparine", "a.jpg": "zea-mays"}


@pytest.fixture
def field(tmp_path: Path, service: FakeApi, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with two photos in `field`; the service is that of the environment."""
    folder = tmp_path / "field"
    folder.mkdir()
    for name, species in SPECIES.items():
        (folder / name).write_bytes(photo(species))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FROND_URL", service.url)
    monkeypatch.setenv("FROND_KEY", "a-key")
    return folder


def respond(service: FakeApi, **members: Any) -> None:
    document = detections("r-3", ["zea-mays"], **members)
    service.responses = [(200, {"Content-Type": "application/json"}, json.dumps(document).encode())]


def test_the_client_returns_the_plants(client: Frond, service: FakeApi) -> None:
    found = client.detect(
        [photo("zea-mays"), photo("galium-aparine")], classify=True, min_confidence=0.5, top=2, lang="fr"
    )

    assert (found.id, found.status, found.model.version) == ("r-2", "succeeded", "2026.11.28-1a2b3c4d")
    first, second = found.detections
    assert (first.label, first.confidence, first.box.height) == ("zea-mays", 0.75, 96)
    assert (second.label, second.box.x, second.box_relative.height) == ("plant", 320.5, 0.2)
    assert first.classification is not None
    assert first.classification.predictions[0].scientific_name == "Zea mays"
    assert [each.detections[0].label for each in found.images] == ["zea-mays", "galium-aparine"]
    (sent,) = service.requests
    assert (sent.method, sent.path, len(sent.parts)) == ("POST", "/v1/detections", 2)
    assert sent.query == {"classify": "true", "min_confidence": "0.5", "top": "2", "lang": "fr"}


def test_photos_over_the_limit_of_a_request_are_not_sent(
    client: Frond, service: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "MAX_REQUEST_BYTES", 1000)
    with pytest.raises(PhotoTooLargeError, match="A request takes 1,000 bytes, and these have 1,001"):
        client.detect(photo("zea-mays", 1001))
    assert service.requests == []


def test_the_default_output_is_a_table_with_the_number_of_plants(
    field: Path, service: FakeApi, frond: Run
) -> None:
    result = frond("detect", "field")

    assert result.exit_code == 0, result.output
    assert [line.split() for line in result.stdout.splitlines() if "320, 48" in line] == [
        ["│", "│", "2", "│", "0.750", "│", "plant", "│", "320,", "48,", "64,", "96", "│"]
    ] * 2
    assert result.stdout.splitlines()[-1] == "4 plants: 2 plant, 1 galium-aparine, 1 zea-mays"
    assert "species" not in result.stdout


def test_classified_plants_are_counted_by_species(field: Path, service: FakeApi, frond: Run) -> None:
    result = frond(
        "detect", "field/a.jpg", "--classify", "--top", "3", "--lang", "es", "--min-confidence", "0.3"
    )

    assert service.requests[0].query == {
        "classify": "true",
        "top": "3",
        "lang": "es",
        "min_confidence": "0.3",
    }
    assert "identified │ Zea mays (the zea-mays)" in result.stdout
    assert result.stdout.splitlines()[-1] == "2 plants: 1 the zea-mays, 1 not classified"


def test_json_has_a_line_per_photo_with_the_whole_response(field: Path, service: FakeApi, frond: Run) -> None:
    result = frond("detect", "field", "--json")

    assert lines(result) == [
        {"files": [f"field/{name}"], **detections("r-2", [species])} for name, species in SPECIES.items()
    ]


def test_csv_has_a_row_per_plant_that_no_spreadsheet_program_executes(
    field: Path, service: FakeApi, frond: Run
) -> None:
    result = frond("detect", ".", "--csv", "--classify")
    name = "field/=1+1.jpg"
    rows = list(csv.DictReader(io.StringIO(result.stdout)))

    assert [(row["file"], row["plant"], row["class"]) for row in rows[:2]] == [
        (name, "1", "galium-aparine"),
        (name, "2", "plant"),
    ]
    assert [rows[1][name] for name in ("x", "y", "width", "height")] == ["320.5", "48", "64", "96"]
    assert (rows[2]["species"], rows[2]["species_confidence"], rows[3]["species"]) == ("zea-mays", "0.9", "")
    assert {row["model_version"] for row in rows} == {"2026.11.28-1a2b3c4d"}

    service.responses.clear()
    document = detections("r-3", ["=2"])
    service.responses = [(200, {}, json.dumps(document).encode())]
    (evil, _) = csv.DictReader(io.StringIO(frond("detect", "field/a.jpg", "--csv").stdout))
    assert (evil["class"], evil["species"]) == ("'=2", "'=2")


@pytest.mark.parametrize(
    ("option", "expected"), [("--csv", "field/a.jpg,succeeded,,"), ("--json", '"detections": []')]
)
def test_a_photo_without_plants_has_a_row(
    field: Path, service: FakeApi, frond: Run, option: str, expected: str
) -> None:
    respond(service, detections=[])
    result = frond("detect", "field/a.jpg", option)
    assert expected in result.stdout
    assert result.exit_code == 0


def test_a_photo_that_fails_is_reported_and_the_others_continue(
    field: Path, service: FakeApi, frond: Run
) -> None:
    (field / "a.jpg").write_bytes(b"damaged")

    result = frond("detect", "field/a.jpg", "field/=1+1.jpg")
    rows = csv.DictReader(io.StringIO(frond("detect", "field/a.jpg", "field/none.jpg", "--csv").stdout))

    assert (result.exit_code, result.stdout.count("failed")) == (1, 1)
    assert "1 photo could not be searched: It is unsupported-format. Do that.\n  field/a.jpg" in result.stderr
    assert [(row["status"], bool(row["error"])) for row in rows] == [("failed", True)] * 2


def test_a_service_without_a_detector_ends_the_command(field: Path, service: FakeApi, frond: Run) -> None:
    service.responses = [problem(404, "unknown-path", detail="This service has no detector.")] * 2

    result = frond("detect", "field", "--workers", "1")

    assert result.exit_code == 1
    assert "Error: The API answered 404: This service has no detector." in result.stderr
    assert len(service.requests) == 1


def test_contradictory_options_are_rejected(field: Path, service: FakeApi, frond: Run) -> None:
    for options in (["--json", "--csv"], ["--min-confidence", "1.5"], ["--lang", "xx"]):
        assert frond("detect", "field", *options).exit_code == 2
    assert service.requests == []
