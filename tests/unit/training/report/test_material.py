"""What a report is made from, read from a model's folder."""

import json
from pathlib import Path

import pytest

from frond.manifest import MANIFEST_NAME
from frond.problems import InvalidModel
from training.commands.report import report
from training.errors import TrainingError
from training.report import CARD_NAME, Material, make_papers, read_material

CURVE = [{"epoch": 1, "loss": 2.0, "val_loss": None}]


@pytest.fixture
def folder(material: Material, tmp_path: Path) -> Path:
    """A model that was measured, of which nothing else is known."""
    (tmp_path / "report").mkdir()
    (tmp_path / MANIFEST_NAME).write_text(material.manifest.model_dump_json(), encoding="utf-8")
    (tmp_path / "report" / "metrics.json").write_text(material.metrics.model_dump_json(), encoding="utf-8")
    return tmp_path


def test_what_is_not_there_is_none(folder: Path, material: Material) -> None:
    assert read_material(folder) == Material(material.manifest, material.metrics)


def test_what_export_leaves_is_read(folder: Path, material: Material) -> None:
    assert material.quantization
    assert material.abstention
    assert material.biases
    for name, text in {
        "history": json.dumps(CURVE),
        "settings": json.dumps({"seed": 3}),
        "quantization": material.quantization.model_dump_json(),
        "abstention": material.abstention.model_dump_json(),
        "biases": material.biases.model_dump_json(),
    }.items():
        (folder / "report" / f"{name}.json").write_text(text, encoding="utf-8")

    read = read_material(folder)

    assert (read.history, read.settings) == (CURVE, {"seed": 3})
    assert (read.quantization, read.abstention) == (material.quantization, material.abstention)
    assert read.biases == material.biases


def test_what_was_just_measured_goes_before_what_the_folder_holds(folder: Path, material: Material) -> None:
    better = material.metrics.model_copy(update={"accuracy": 0.99})

    assert read_material(folder, better, material.exhibits, material.card) == Material(
        material.manifest, better, material.exhibits, material.card
    )


def test_a_model_that_was_not_measured(folder: Path) -> None:
    (folder / "report" / "metrics.json").unlink()

    with pytest.raises(TrainingError, match="python -m training evaluate"):
        read_material(folder)


def test_measurements_of_another_model(folder: Path, material: Material) -> None:
    other = material.metrics.model_copy(update={"model_version": "2020.01.01-00000000"})
    (folder / "report" / "metrics.json").write_text(other.model_dump_json(), encoding="utf-8")

    with pytest.raises(TrainingError, match="no measurements of model"):
        read_material(folder)


@pytest.mark.parametrize("text", ["", "[1, 2", '{"split": 3}', "null"])
def test_a_damaged_file_is_named(folder: Path, text: str) -> None:
    (folder / "report" / "quantization.json").write_text(text, encoding="utf-8")

    with pytest.raises(TrainingError, match=r"quantization\.json is not as it was written"):
        read_material(folder)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel):
        read_material(tmp_path)


def test_the_command_makes_the_papers_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(folder)

    papers = make_papers(read_material(folder))
    assert (folder / "report" / "index.html").read_text(encoding="utf-8") == papers.page
    assert (folder / CARD_NAME).read_text(encoding="utf-8") == papers.card
    assert "index.html" in capsys.readouterr().out
    assert not list(folder.rglob("*.draft"))
