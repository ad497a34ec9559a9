"""The list of label issues leaves photos out and relabels them."""

from pathlib import Path

import pytest

from training.data.label_issues import read_label_issues
from training.errors import TrainingError

FILES = [("Maize", "Maize/1.jpg"), ("Maize", "Maize/2.jpg"), ("rose", "=rose/1.jpg")]


def written(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(rows), encoding="utf-8-sig")
    return path


def test_photos_are_left_out_and_relabelled(tmp_path: Path) -> None:
    issues = read_label_issues(
        written(tmp_path / "list.csv", "source,label", "Maize/1.jpg,", "'=rose/1.jpg,Maize", "gone.jpg,")
    )
    assert issues.apply(FILES) == [("Maize", "=rose/1.jpg"), ("Maize", "Maize/2.jpg")]
    assert issues.notes(FILES) == [
        "by the list of label issues 1 photos were left out and 1 relabelled",
        "the list of label issues names 1 photos that the source does not have",
    ]


def test_no_list_changes_nothing() -> None:
    assert read_label_issues(None).apply(FILES) == sorted(FILES)
    assert read_label_issues(None).notes(FILES) == []


def test_an_unknown_label(tmp_path: Path) -> None:
    issues = read_label_issues(written(tmp_path / "list.csv", "source,label", "Maize/1.jpg,tulip"))
    with pytest.raises(TrainingError, match=r"relabels photos as tulip, .* there are Maize, rose"):
        issues.apply(FILES)


@pytest.mark.parametrize("rows", [["source", "Maize/1.jpg"], ["photo,label", "Maize/1.jpg,"]])
def test_missing_columns(tmp_path: Path, rows: list[str]) -> None:
    with pytest.raises(TrainingError, match="needs the columns source and label"):
        read_label_issues(written(tmp_path / "list.csv", *rows))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot be read"):
        read_label_issues(tmp_path / "none.csv")
