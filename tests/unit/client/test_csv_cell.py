"""Spreadsheet programs execute no cell, and every cell can be read back exactly."""

import csv
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import frond.csv_cell
import frond_client.csv_cell
from frond_client.csv_cell import neutralize, restore
from frond_client.csv_row import ResultRow
from frond_client.uploads.results_file import ResultsFile
from tests.conftest import ROOT
from tests.unit.client.fake_stack import succeeded

FORMULAS = [
    '=HYPERLINK("http://example.org","x").jpg',
    "+1+1.jpg",
    "-2+3.jpg",
    "@SUM(1).jpg",
    "\t=1+1.jpg",
    "\r=1+1.jpg",
    "\n=1+1.jpg",
    "＝1+1.jpg",
    " =1+1.jpg",
    "plain;=1+1.jpg",
    "plain; @SUM(1).jpg",
]
WRITES_CSV = re.compile(r"csv\.(writer|DictWriter)|to_csv|savetxt")
TRIGGERS = set("=+-@\t\r\n＝")


def spreadsheet_cells(cell: str) -> list[str]:
    """Return the cells that a program may make of one, with each separator that is in use."""
    return [part.strip(" ") for separator in ";\t\r\n" for part in [cell, *cell.split(separator)]]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_formula_begins_a_cell(cell: str) -> None:
    safe = neutralize(cell)
    assert safe[0] not in TRIGGERS
    assert not any(part.startswith(("=", "+", "-", "@", "＝")) for part in spreadsheet_cells(safe))
    assert restore(safe) == cell


@pytest.mark.parametrize("cell", ["", "a.jpg", "a-b+c=d@e.jpg", "'quoted'.jpg", "a; b.jpg", "2026-11-27"])
def test_other_text_stays_as_it_is(cell: str) -> None:
    assert neutralize(cell) == cell
    assert restore(cell) == cell


@given(st.text(alphabet="'=+-@\t\r\n; a＝"))
def test_every_cell_is_restored_exactly(cell: str) -> None:
    safe = neutralize(cell)
    assert restore(safe) == cell
    assert safe[:1] not in TRIGGERS
    assert not any(part.startswith(("=", "+", "-", "@")) for part in spreadsheet_cells(safe))


def test_the_layer_neutralizes_alike() -> None:
    sources = [
        Path(str(module.__file__)).read_text("utf-8") for module in (frond_client.csv_cell, frond.csv_cell)
    ]
    assert sources[0] == sources[1]


def test_every_module_that_writes_csv_neutralizes_its_cells() -> None:
    writers = {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for package in ("client", "training", "batch")
        for path in (ROOT / package).rglob("*.py")
        if WRITES_CSV.search(path.read_text("utf-8"))
    }
    numbers_only = writers.pop("training/fitting/history.py")
    assert "EpochRow = dict[str, float]" in numbers_only
    # A time, the name of a split, and a version, which is a date and hex digits.
    del writers["training/data/evaluation_log.py"]
    assert sorted(writers) == [
        "batch/rows_csv.py",
        "client/frond_client/csv_row.py",
        "training/artifacts/predictions.py",
        "training/cleaning/review_page.py",
        "training/data/dataset.py",
        "training/feedback/collection.py",
    ]
    assert all("neutralize(" in source for source in writers.values())


class TestResults:
    @pytest.mark.parametrize("name", FORMULAS)
    def test_results_of_formula_names_are_read_back(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / "results.csv"
        row = ResultRow.from_classification(succeeded(), file=name, key=f"={name}/{name}")
        ResultsFile(path).append(row)
        assert ResultsFile(path).rows == {f"={name}/{name}": row}
        with path.open(encoding="utf-8", newline="") as lines:
            header, cells = csv.reader(lines)
        assert header[0] == "file"
        assert not any(cell[:1] in TRIGGERS for cell in cells if cell)

    def test_a_negative_number_stays_a_number(self) -> None:
        prediction = {"species": "-x", "confidence": -0.25}
        row = ResultRow.from_classification({"status": "succeeded", "predictions": [prediction]}, file="-1")
        assert row.line.startswith(b"'-1,,,succeeded,,'-x,,,-0.25,")

    def test_a_confidence_that_is_no_number_is_text(self) -> None:
        prediction = {"species": "x", "confidence": "=1+1"}
        row = ResultRow.from_classification({"status": "succeeded", "predictions": [prediction]}, file="x")
        assert b",'=1+1," in row.line
