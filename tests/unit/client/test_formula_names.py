"""Photos whose names are formulas: text in CSV, unchanged in JSON, and resumed by name."""

import csv
import io
import json
from pathlib import Path

import pytest

from tests.unit.client.conftest import Run
from tests.unit.client.fake_api import FakeApi, photo
from tests.unit.client.fake_stack import FakeStack

NAMES = ["\t=1.jpg", "'=1.jpg", "+1.jpg", "-1.jpg", "=HYPERLINK(1).jpg", "@1.jpg", "a;=1.jpg"]
NEUTRAL = [
    *("'\t'=1.jpg", "''=1.jpg", "'+1.jpg", "'-1.jpg", "'=HYPERLINK(1).jpg", "'@1.jpg", "a;'=1.jpg"),
]


@pytest.fixture
def formulas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, with a photo of each name."""
    folder = tmp_path / "=batch"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_bytes(photo("zea-mays"))
    return folder


def test_classify_writes_them_as_text(
    formulas: Path, service: FakeApi, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(formulas)
    monkeypatch.setenv("FROND_URL", service.url)
    monkeypatch.setenv("FROND_KEY", "a-key")

    table = csv.DictReader(io.StringIO(frond("classify", ".", "--csv").stdout))
    documents = map(json.loads, frond("classify", ".", "--json").stdout.splitlines())

    assert [row["file"] for row in table] == NEUTRAL
    assert [document["files"] for document in documents] == [[name] for name in NAMES]


def test_upload_writes_them_as_text_and_resumes(
    stack: FakeStack, formulas: Path, frond: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(formulas)
    output = stack.folder / "results.csv"

    with stack.classifying():
        first = frond("upload", ".", "--output", output)
    again = frond("upload", ".", "--output", output, "--max-wait", 0)

    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    assert stack.uploaded_keys() == sorted(f"=batch/{name}" for name in NAMES)
    assert "0 sent now, 0 were uploaded already, 7 were finished already" in again.stdout
    with output.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert sorted(row["file"] for row in rows) == sorted(NEUTRAL)
    assert all(row["key"].startswith("'=batch/") for row in rows)
