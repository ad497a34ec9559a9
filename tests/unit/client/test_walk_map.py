"""A walk becomes a map: CSV and GeoJSON with time and place, which stay on this device."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from frond_client.csv_row import COLUMNS, EARLIER_COLUMNS
from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.fake_api import FakeApi
from tests.unit.client.fake_api import photo as photo_of
from tests.unit.client.fake_stack import UPLOADS, FakeStack, failed, succeeded
from tests.unit.client.test_exif import GPS, exif, photo

WHERE = pytest.approx([-18.418333, -33.9055])
WHEN = "2026-05-01T08:20:30.000Z"


@pytest.fixture(autouse=True)
def in_central_europe(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def walk(stack: FakeStack) -> Path:
    """A folder of three photos: one with time and place, one with a time, and one without tags."""
    folder = stack.folder / "walk"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(photo())
    (folder / "b.jpg").write_bytes(photo(exif=exif({})))
    (folder / "=c.jpg").write_bytes(photo_of("zea-mays"))
    return folder


def rows(text: str) -> dict[str, dict[str, str]]:
    return {Path(row["file"].lstrip("'")).name: row for row in csv.DictReader(io.StringIO(text))}


def features(text: str) -> dict[str, dict[str, Any]]:
    collection = json.loads(text)
    assert collection["type"] == "FeatureCollection"
    return {Path(each["properties"]["photos"]).name: each for each in collection["features"]}


def uploaded(stack: FakeStack, key: str) -> bytes:
    body: bytes = stack.s3.get_object(Bucket=UPLOADS, Key=key)["Body"].read()
    return body


def test_an_upload_becomes_a_map_and_the_places_stay_here(stack: FakeStack, walk: Path, frond: Run) -> None:
    answer = {**succeeded(), "created_at": "2026-05-03T00:00:00.000000Z", "tag": "plot 7"}
    with stack.classifying(lambda key: failed("Cut off.") if "=c" in key else answer):
        result = frond("upload", walk, "--geojson")
    assert result.exit_code == 1, result.output
    assert "Map: walk.geojson, with the places of 1 photo" in result.stdout

    found = rows((stack.folder / "walk.csv").read_text())
    row = found["a.jpg"]
    assert [float(row["longitude"]), float(row["latitude"])] == WHERE
    assert (row["taken_at"], row["tag"], row["answered_at"]) == (WHEN, "plot 7", answer["created_at"])
    assert (found["b.jpg"]["taken_at"], found["b.jpg"]["latitude"]) == (WHEN, "")

    points = features((stack.folder / "walk.geojson").read_text())
    assert points.keys() == {"a.jpg", "b.jpg"}
    assert points["a.jpg"]["geometry"] == {"type": "Point", "coordinates": WHERE}
    assert points["a.jpg"]["properties"]["confidence"] == 0.983
    assert points["a.jpg"]["properties"]["taken_at"] == WHEN
    assert points["b.jpg"]["geometry"] is None

    sent = uploaded(stack, "walk/a.jpg")
    assert not any(Image.open(io.BytesIO(sent)).getexif().get_ifd(GPS).values())
    assert len(sent) == (walk / "a.jpg").stat().st_size


def test_the_same_command_again_sends_nothing_and_completes_the_map(
    stack: FakeStack, walk: Path, frond: Run
) -> None:
    with stack.classifying():
        first = frond("upload", walk)
    assert "The places of 1 photo stayed on this device; --geojson writes a map." in first.stdout
    again = frond("upload", walk, "--geojson", "--max-wait", 0)
    assert again.exit_code == 0, again.output
    assert "0 sent now, 0 were uploaded already, 3 were finished already" in " ".join(again.stdout.split())
    assert features((stack.folder / "walk.geojson").read_text())["a.jpg"]["geometry"]["coordinates"] == WHERE


def test_the_place_is_sent_on_request(stack: FakeStack, walk: Path, frond: Run) -> None:
    assert frond("upload", walk, "--no-wait", "--send-place").exit_code == 0
    assert uploaded(stack, "walk/a.jpg") == (walk / "a.jpg").read_bytes()
    # It is the same photo, with or without.
    again = frond("upload", walk, "--no-wait")
    assert "0 sent now, 3 were uploaded already" in " ".join(again.stdout.split())


def test_a_file_that_is_no_map_of_results_is_not_replaced(stack: FakeStack, walk: Path, frond: Run) -> None:
    track = stack.folder / "walk.geojson"
    track.write_text('{"type": "FeatureCollection", "features": [{"properties": {"name": "my track"}}]}')
    before = track.read_bytes()
    result = frond("upload", walk, "--geojson")
    assert result.exit_code == 1
    assert "walk.geojson is not a map of results" in result.stderr
    assert track.read_bytes() == before
    assert stack.uploaded_keys() == []


def test_a_file_of_an_earlier_version_gets_the_new_columns(stack: FakeStack, walk: Path, frond: Run) -> None:
    with stack.classifying():
        assert frond("upload", walk / "b.jpg").exit_code == 0
    file = stack.folder / "walk.csv"
    with file.open(newline="") as lines:
        (row,) = csv.DictReader(lines)
    with file.open("w", newline="") as lines:
        writer = csv.DictWriter(lines, EARLIER_COLUMNS, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerow(row)

    with stack.classifying():
        result = frond("upload", walk)

    assert result.exit_code == 0, result.output
    assert "2 sent now, 0 were uploaded already, 1 were finished already" in " ".join(result.stdout.split())
    found = rows(file.read_text())
    assert len(found) == 3
    assert set(found["b.jpg"]) == set(COLUMNS)
    assert found["a.jpg"]["latitude"].startswith("-33.9")


@pytest.fixture
def plant(service: FakeApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A photo with a place, for a service without a stack."""
    monkeypatch.setenv("FROND_URL", service.url)
    monkeypatch.setenv("FROND_KEY", "a-key")
    path = tmp_path / "plant.jpg"
    path.write_bytes(photo_of("zea-mays") + photo())
    return path


def test_classify_prints_a_map_and_the_place_stays_here(plant: Path, service: FakeApi, frond: Run) -> None:
    found = features(frond("classify", plant, "--geojson").stdout)
    table = rows(frond("classify", plant, "--csv").stdout)
    assert found["plant.jpg"]["geometry"]["coordinates"] == WHERE
    assert table["plant.jpg"]["longitude"].startswith("-18.4")
    place = plant.read_bytes()[plant.read_bytes().index(b"Exif") :]
    assert all(place not in request.body for request in service.requests)
    frond("classify", plant, "--send-place")
    assert place in service.requests[-1].body


def test_photos_without_a_result_are_no_map(plant: Path, service: FakeApi, frond: Run) -> None:
    plant.write_bytes(b"no photo")
    result = frond("classify", plant, "--geojson")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["features"] == []
    assert frond("classify", plant, "--geojson", "--csv").exit_code == 2
    assert frond("classify", plant, "--geojson", "--explain").exit_code == 2


def test_the_properties_are_those_of_the_page(plant: Path, frond: Run) -> None:
    page = ROOT / "functions" / "classify" / "frond_classify" / "static" / "history-export.js"
    record = page.read_text().partition("return {")[2].partition("};")[0]
    names = set(re.findall(r"^\s+(\w+):", record, re.MULTILINE))
    (feature,) = features(frond("classify", plant, "--geojson").stdout).values()
    assert feature["properties"].keys() <= names
    assert {"taken_at", "latitude", "longitude", "tag", "answered_at"} <= names & set(COLUMNS)
