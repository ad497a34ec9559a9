"""The CSV file of results, also after a crash."""

from pathlib import Path

import pytest

from frond_client.csv_row import ResultRow
from frond_client.errors import FrondError
from frond_client.uploads.results_file import ResultsFile
from tests.unit.client.fake_stack import failed, succeeded

NAMES = ["plain.jpg", 'Löwenzahn, "two\nlines" 🌱\r.jpg', "last.jpg"]


def row(name: str) -> ResultRow:
    document = failed("Cut off,\nor so.") if name == "last.jpg" else succeeded()
    return ResultRow.from_classification(document, file=name, key=f"batch/{name}")


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    file = ResultsFile(tmp_path / "whole.csv")
    for name in NAMES:
        file.append(row(name))
    return file.path.read_bytes()


def test_rows_survive_a_round_trip(whole: bytes, tmp_path: Path) -> None:
    assert list(ResultsFile(tmp_path / "whole.csv").rows.values()) == [row(name) for name in NAMES]


def test_a_truncated_file_has_its_complete_rows_and_can_be_completed(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "cut.csv"
    for end in range(len(whole) + 1):
        path.write_bytes(whole[:end])
        file = ResultsFile(path)
        complete = list(file.rows.values())
        assert complete == [row(name) for name in NAMES[: len(complete)]]
        for name in NAMES[len(complete) :]:
            file.append(row(name))
        assert path.read_bytes() == whole
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cut.csv", "whole.csv"]


def test_a_row_is_written_at_once(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path / "x.csv")
    for count, name in enumerate(NAMES, 1):
        file.append(row(name))
        assert len(ResultsFile(tmp_path / "x.csv").rows) == count


def test_removed_rows_are_gone(whole: bytes, tmp_path: Path) -> None:
    ResultsFile(tmp_path / "whole.csv").remove(["batch/plain.jpg", "batch/unknown.jpg"])
    left = ResultsFile(tmp_path / "whole.csv")
    assert list(left.rows) == [f"batch/{name}" for name in NAMES[1:]]
    left.append(row("plain.jpg"))
    assert len(ResultsFile(tmp_path / "whole.csv").rows) == 3


def test_a_spreadsheet_program_may_have_saved_the_file(whole: bytes, tmp_path: Path) -> None:
    path = tmp_path / "saved.csv"
    path.write_bytes(b"\xef\xbb\xbf" + whole.replace(b"\n", b"\r\n"))
    assert len(ResultsFile(path).rows) == 3
    assert ResultsFile(path).rows["batch/plain.jpg"] == row("plain.jpg")


def test_a_full_disk_is_reported(whole: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ResultsFile(tmp_path / "whole.csv")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(FrondError, match="No space left"):
        file.append(row("another.jpg"))
    with pytest.raises(FrondError, match="No space left"):
        file.remove(["batch/plain.jpg"])
    monkeypatch.undo()
    assert file.path.read_bytes() == whole
