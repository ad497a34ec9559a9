"""Reading the inputs of a report from a model's folder."""

import json
from pathlib import Path

import pytest

from frond.manifest import MANIFEST_NAME
from frond.problems import InvalidModel
from training.commands.report import report
from training.errors import TrainingError
from training.report import CARD_NAME, ReportInputs, read_inputs, render_report

CURVE = [{"epoch": 1, "loss": 2.0, "val_loss": None}]


@pytest.fixture
def folder(inputs: ReportInputs, tmp_path: Path) -> Path:
    """A model with metrics and no other report files."""
    (tmp_path / "report").mkdir()
    (tmp_path / MANIFEST_NAME).write_text(inputs.manifest.model_dump_json(), encoding="utf-8")
    (tmp_path / "report" / "metrics.json").write_text(inputs.metrics.model_dump_json(), encoding="utf-8")
    return tmp_path


def test_a_missing_file_is_none(folder: Path, inputs: ReportInputs) -> None:
    assert read_inputs(folder) == ReportInputs(inputs.manifest, inputs.metrics)


def test_the_files_of_an_export_are_read(folder: Path, inputs: ReportInputs) -> None:
    assert inputs.quantization
    assert inputs.ood_benchmark
    assert inputs.biases
    for name, text in {
        "history": json.dumps(CURVE),
        "settings": json.dumps({"seed": 3}),
        "quantization": inputs.quantization.model_dump_json(),
        "ood_benchmark": inputs.ood_benchmark.model_dump_json(),
        "biases": inputs.biases.model_dump_json(),
    }.items():
        (folder / "report" / f"{name}.json").write_text(text, encoding="utf-8")

    read = read_inputs(folder)

    assert (read.history, read.settings) == (CURVE, {"seed": 3})
    assert (read.quantization, read.ood_benchmark) == (inputs.quantization, inputs.ood_benchmark)
    assert read.biases == inputs.biases


def test_given_metrics_replace_those_of_the_folder(folder: Path, inputs: ReportInputs) -> None:
    better = inputs.metrics.model_copy(update={"accuracy": 0.99})

    assert read_inputs(folder, better, inputs.examples, inputs.card) == ReportInputs(
        inputs.manifest, better, inputs.examples, inputs.card
    )


def test_a_model_without_metrics(folder: Path) -> None:
    (folder / "report" / "metrics.json").unlink()

    with pytest.raises(TrainingError, match="python -m training evaluate"):
        read_inputs(folder)


def test_metrics_of_another_model(folder: Path, inputs: ReportInputs) -> None:
    other = inputs.metrics.model_copy(update={"model_version": "2020.01.01-00000000"})
    (folder / "report" / "metrics.json").write_text(other.model_dump_json(), encoding="utf-8")

    with pytest.raises(TrainingError, match="no metrics of model"):
        read_inputs(folder)


@pytest.mark.parametrize("text", ["", "[1, 2", '{"split": 3}', "null"])
def test_a_damaged_file_is_named(folder: Path, text: str) -> None:
    (folder / "report" / "quantization.json").write_text(text, encoding="utf-8")

    with pytest.raises(TrainingError, match=r"quantization\.json is invalid"):
        read_inputs(folder)


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidModel):
        read_inputs(tmp_path)


def test_the_command_renders_the_report_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report(folder)

    rendered = render_report(read_inputs(folder))
    assert (folder / "report" / "index.html").read_text(encoding="utf-8") == rendered.page
    assert (folder / CARD_NAME).read_text(encoding="utf-8") == rendered.card
    assert "index.html" in capsys.readouterr().out
    assert not list(folder.rglob("*.draft"))
