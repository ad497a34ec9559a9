"""What TensorBoard and MLflow get of a run."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tensorboardX.proto.event_pb2 import Event

from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.tiny_runs import settings_for
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.fitting.run import Run
from training.fitting.tensorboard_log import TensorBoardLog
from training.mlflow_tracking import RUN_FILE, open_mlflow

ROWS = [
    {"epoch": 1.0, "stage": 0.0, "size": 72.0, "loss": 1.5, "f1": 0.25, "val_loss": 1.25, "val_f1": 0.5},
    {"epoch": 2.0, "stage": 0.0, "size": 72.0, "loss": 0.75, "f1": 0.5, "val_loss": 1.0, "val_f1": 0.625},
]


@pytest.fixture
def run(prepared: Dataset, tmp_path: Path) -> Run:
    run = Run(tmp_path / "first")
    run.directory.mkdir()
    run.write_settings(settings_for(prepared))
    (run.directory / "history.csv").write_text("epoch\n1\n", encoding="utf-8")
    return run


def events(folder: Path) -> Iterator[Event]:
    """Read event files: each record is its length, 4 bytes of checksum, itself, 4 bytes of checksum."""
    for path in sorted(folder.iterdir()):
        content = path.read_bytes()
        while content:
            length = int.from_bytes(content[:8], "little")
            yield Event.FromString(content[12 : 12 + length])
            content = content[16 + length :]


def scalars(folder: Path) -> list[tuple[str, int, float]]:
    return [
        (value.tag, event.step, value.simple_value)
        for event in events(folder)
        for value in event.summary.value
    ]


def record(log: Any, run: Run, before: Sequence[dict[str, float]], after: Sequence[dict[str, float]]) -> None:
    log.start(run, run.settings(), before)
    for row in after:
        log.add(row)
    log.finish(run)


def test_tensorboard_has_the_history(run: Run, tmp_path: Path) -> None:
    record(TensorBoardLog(tmp_path / "log"), run, ROWS[:1], ROWS[1:])

    assert scalars(tmp_path / "log" / "validation") == [
        *(("loss", 1, 1.25), ("f1", 1, 0.5), ("loss", 2, 1.0), ("f1", 2, 0.625)),
    ]
    assert ("loss", 2, 0.75) in scalars(tmp_path / "log" / "train")
    # A resumed run writes all epochs again, and has TensorBoard drop those of the killed one.
    assert any(event.session_log.status for event in events(tmp_path / "log" / "train"))


def test_without_the_variable_there_is_no_mlflow() -> None:
    assert open_mlflow({}) is None


def test_mlflow_that_is_not_installed_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(TrainingError, match="mlflow is not installed: `pip install mlflow-skinny`"):
        open_mlflow({"MLFLOW_TRACKING_URI": "http://localhost:5000"})


class TestMlflow:
    @pytest.fixture
    def server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        pytest.importorskip("mlflow", reason="mlflow is not installed (requirements/mlflow.txt)")
        # The store that needs no server and no database.
        monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        monkeypatch.setenv("MLFLOW_REGISTRY_URI", f"file:{tmp_path / 'mlflow'}")
        return {"MLFLOW_TRACKING_URI": f"file:{tmp_path / 'mlflow'}"}

    @pytest.mark.filterwarnings("ignore")  # of mlflow, about its file store
    def test_a_run_and_its_model(self, server: dict[str, str], run: Run, tmp_path: Path) -> None:
        first = open_mlflow(server)
        assert first
        first.start(run, run.settings(), [])
        first.add(ROWS[0])
        # The run was killed, and resumes.
        log = open_mlflow(server)
        assert log
        record(log, run, ROWS[:1], ROWS[1:])

        recorded = log.client.get_run(json.loads((run.directory / RUN_FILE).read_bytes())["run_id"])
        assert recorded.info.run_name == "first"
        assert recorded.info.status == "FINISHED"
        assert recorded.data.params["recipe.stages.2.mixup"] == "0.2"
        assert recorded.data.metrics["val_f1"] == 0.625
        steps = {metric.step for metric in log.client.get_metric_history(log.run_id, "val_f1")}
        assert steps == {1, 2}
        names = {item.path for item in log.client.list_artifacts(log.run_id)}
        assert names == {"history.csv", "settings.json"}

        model = tmp_path / "model"
        model.mkdir()
        content = tiny_model(72, 3)
        (model / "model.tflite").write_bytes(content)
        manifest = manifest_of(content, 72, 3)
        assert log.register(run, model, manifest) == "1"
        version = log.client.get_model_version("frond", "1")
        assert (version.run_id, version.tags["frond.version"]) == (log.run_id, manifest.version)
        assert [item.path for item in log.client.list_artifacts(log.run_id, "model")] == [
            "model/model.tflite"
        ]
