"""A run of training: killed at any moment it goes on, and it comes out the same."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.conftest import ROOT
from training.checkpoint import Checkpoints
from training.dataset import Dataset
from training.fit import HISTORY_NAME, Run, Settings, fit
from training.problems import TrainingError

PATIENCE = 120


def settings_for(dataset: Dataset) -> Settings:
    """Two short epochs from scratch in which only the last block and the head learn."""
    return Settings(
        dataset_fingerprint=dataset.card.fingerprint,
        classes=len(dataset.card.species),
        size=dataset.card.recipe.size,
        weights=None,
        head_epochs=0,
        epochs=2,
        frozen_blocks=13,
        batch=6,
        head_rate=2e-3,
        rate=1e-3,
        weight_decay=1e-3,
        label_smoothing=0.1,
        dropout=0.3,
        precision="float32",
        seed=1,
    )


def command(dataset: Dataset, run: Path) -> list[str]:
    """The same run as a person would start it."""
    options = "--weights none --head-epochs 0 --epochs 2 --frozen-blocks 13 --batch 6 --rate 1e-3"
    return [
        *(sys.executable, "-m", "training", "fit", str(dataset.directory), str(run)),
        *options.split(),
        *("--precision", "float32"),
    ]


def kill_after_an_epoch(dataset: Dataset, run: Path) -> None:
    """Start a run and kill it, with no chance to tidy up, once its first epoch is safe."""
    layer = ROOT / "layers" / "frond" / "python"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(layer), str(ROOT)])}
    with (run.with_suffix(".log")).open("wb") as log:
        process = subprocess.Popen(
            command(dataset, run), env=environment, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
        )
        deadline = time.monotonic() + PATIENCE
        try:
            while not (run / "checkpoints" / "epoch-0001.keras").exists():
                assert process.poll() is None, run.with_suffix(".log").read_text(encoding="utf-8")
                assert time.monotonic() < deadline, "no epoch in time"
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == -signal.SIGKILL


@dataclass
class Runs:
    """One run that was killed between its epochs and went on, and one that was left alone."""

    killed: Run
    whole: Run
    best_of_killed: float
    best_of_whole: float

    def history(self, run: Run) -> list[str]:
        return (run.directory / HISTORY_NAME).read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="module")
def runs(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    root = tmp_path_factory.mktemp("runs")
    killed, whole = Run(root / "killed"), Run(root / "whole")
    settings = settings_for(prepared)
    kill_after_an_epoch(prepared, killed.directory)
    assert Checkpoints(killed.directory / "checkpoints").latest() == (
        1,
        killed.directory / "checkpoints" / "epoch-0001.keras",
    )
    return Runs(killed, whole, fit(prepared, killed, settings), fit(prepared, whole, settings))


class TestResuming:
    def test_both_runs_have_every_epoch(self, runs: Runs) -> None:
        for run in (runs.killed, runs.whole):
            assert len(runs.history(run)) == 3
            latest = Checkpoints(run.directory / "checkpoints").latest()
            assert latest is not None
            assert latest[0] == 2

    def test_both_runs_measured_the_same(self, runs: Runs) -> None:
        names = runs.history(runs.whole)[0].split(",")
        timed = names.index("photos_per_second")
        for one, other in zip(runs.history(runs.killed)[1:], runs.history(runs.whole)[1:], strict=True):
            left, right = ([float(v) for v in row.split(",")] for row in (one, other))
            del left[timed], right[timed]
            assert left == pytest.approx(right, rel=1e-3, abs=1e-4)
        assert runs.best_of_killed == pytest.approx(runs.best_of_whole, abs=1e-4)

    def test_both_networks_are_the_same(self, runs: Runs) -> None:
        models = [
            keras.models.load_model(run.directory / "checkpoints" / "epoch-0002.keras")
            for run in (runs.killed, runs.whole)
        ]
        for one, other in zip(*(model.get_weights() for model in models), strict=True):
            assert np.abs(one - other).mean() < 1e-5

    def test_a_finished_run_is_left_as_it_is(self, runs: Runs, prepared: Dataset) -> None:
        before = runs.history(runs.whole)
        assert fit(prepared, runs.whole, settings_for(prepared)) == runs.best_of_whole
        assert runs.history(runs.whole) == before


class TestRun:
    def test_what_it_leaves(self, runs: Runs, prepared: Dataset) -> None:
        assert runs.whole.settings() == runs.killed.settings() == settings_for(prepared)
        files = sorted(path.name for path in runs.whole.directory.iterdir())
        assert files == ["best.weights.h5", "checkpoints", "curves.png", "history.csv", "settings.json"]

    def test_the_best_weights_are_those_of_the_best_epoch(self, runs: Runs) -> None:
        names, *rows = (row.split(",") for row in runs.history(runs.whole))
        scores = [float(row[names.index("val_f1")]) for row in rows]
        assert max(scores) == runs.best_of_whole
        if scores[1] > scores[0]:
            last = keras.models.load_model(runs.whole.directory / "checkpoints" / "epoch-0002.keras")
            for one, other in zip(last.get_weights(), runs.whole.trained_model().get_weights(), strict=True):
                assert np.array_equal(one, other)

    def test_other_settings_are_refused(self, runs: Runs, prepared: Dataset) -> None:
        other = settings_for(prepared).model_copy(update={"rate": 5e-4})
        with pytest.raises(TrainingError, match="holds a run with other settings"):
            fit(prepared, runs.whole, other)

    def test_a_start_that_failed_may_be_mended(self, prepared: Dataset, tmp_path: Path) -> None:
        wrong = settings_for(prepared).model_copy(update={"weights": "/no/such/weights.h5"})
        for _ in range(2):
            with pytest.raises(TrainingError, match="no weight file"):
                fit(prepared, Run(tmp_path), wrong)
        with pytest.raises(TrainingError, match="No precision"):
            fit(prepared, Run(tmp_path), settings_for(prepared).model_copy(update={"precision": "int4"}))

    def test_a_folder_that_is_no_run_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="is not a run"):
            Run(tmp_path).settings()

    def test_a_run_without_an_epoch_is_named(self, prepared: Dataset, tmp_path: Path) -> None:
        settings = settings_for(prepared).model_dump_json()
        (tmp_path / "settings.json").write_text(settings, encoding="utf-8")
        with pytest.raises(TrainingError, match="no finished epoch yet"):
            Run(tmp_path).trained_model()
