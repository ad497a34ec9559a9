"""A killed run resumes, with the same result as an uninterrupted one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.conftest import ROOT
from tests.unit.training.tiny_runs import settings_for, tiny_recipe
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.fitting.fit import fit
from training.fitting.recipe import Recipe
from training.fitting.run import HISTORY_NAME, Run
from training.networks.recalibrate_batchnorm import recalibrate_batchnorm

pytestmark = pytest.mark.slow
TIMED = ("photos_per_second",)
# The first block learns in the second stage only.
LATE: dict[str, object] = {
    "stages": [
        {
            "name": "small",
            "epochs": 2,
            "learning_rate": 5e-3,
            "size": 48,
            "frozen_blocks": 1,
            "class_weight_power": 0.5,
        },
        {
            "name": "whole",
            "epochs": 2,
            "learning_rate": 5e-3,
            "frozen_blocks": 0,
            "mixup": 0.2,
            "ema_momentum": 0.9,
            "outliers": {"textures": 0.2, "bare_ground": 0.2},
        },
    ]
}

# The command, with the tests' backbone.
TRAINING = """
from tests.unit.training.tiny_backbone import register
from training.__main__ import main
register()
main()
"""


@pytest.fixture(autouse=True, scope="module")
def restored_policy() -> Iterator[None]:
    before = keras.mixed_precision.global_policy()
    yield
    keras.mixed_precision.set_global_policy(before)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {toml(inner)}" for name, inner in value.items()) + " }"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def recipe_file(recipe: Recipe, path: Path) -> Path:
    """Write a recipe as a TOML file."""
    lines = [f"{k} = {v!r}" for k, v in recipe.model_dump(exclude={"stages"}, exclude_none=True).items()]
    for stage in recipe.stages:
        lines.append("[[stages]]")
        values = stage.model_dump(exclude={"augmentation"}, exclude_none=True)
        lines += [f"{name} = {toml(value)}" for name, value in values.items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def kill_after_epoch(epoch: int, dataset: Dataset, run: Path, recipe: Path) -> None:
    """Start or resume a run and kill it with SIGKILL after an epoch's checkpoint."""
    layer = ROOT / "layers" / "frond" / "python"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(layer), str(ROOT)])}
    command = [sys.executable, "-c", TRAINING, "fit", str(dataset.directory), str(run)]
    with (run.with_suffix(".log")).open("wb") as log:
        process = subprocess.Popen(
            [*command, "--recipe", str(recipe)],
            env=environment,
            cwd=ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            while not (run / "checkpoints" / f"epoch-{epoch:04}.keras").exists():
                assert process.poll() is None, run.with_suffix(".log").read_text(encoding="utf-8")
                time.sleep(0.02)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == -signal.SIGKILL


@dataclass
class Runs:
    """One run that was killed and resumed twice, and an uninterrupted one."""

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
    recipe = tiny_recipe(**LATE)
    # Between two stages and within one.
    for epoch in (2, 3):
        kill_after_epoch(epoch, prepared, killed.directory, recipe_file(recipe, root / "recipe.toml"))
    return Runs(killed, whole, fit(prepared, killed, recipe), fit(prepared, whole, recipe))


class TestResuming:
    def test_both_runs_have_every_epoch(self, runs: Runs) -> None:
        for run in (runs.killed, runs.whole):
            assert [(row["epoch"], row["size"]) for row in run.history()] == [
                (1, 48),
                (2, 48),
                (3, 72),
                (4, 72),
            ]
            latest = run.checkpoints.latest()
            assert latest is not None
            assert latest[0] == 4

    def test_both_runs_have_the_same_metrics(self, runs: Runs) -> None:
        for one, other in zip(runs.killed.history(), runs.whole.history(), strict=True):
            left, right = ({k: v for k, v in row.items() if k not in TIMED} for row in (one, other))
            assert left == pytest.approx(right, rel=1e-3, abs=1e-3)
        assert runs.best_of_killed == pytest.approx(runs.best_of_whole, abs=1e-4)

    def test_both_networks_are_the_same(self, runs: Runs) -> None:
        models = [
            keras.models.load_model(run.directory / "checkpoints" / "epoch-0004.keras")
            for run in (runs.killed, runs.whole)
        ]
        for one, other in zip(*(model.get_weights() for model in models), strict=True):
            assert np.abs(one - other).mean() < 1e-4

    def test_a_finished_run_is_not_changed(self, runs: Runs, prepared: Dataset) -> None:
        before = runs.history(runs.whole)
        assert fit(prepared, runs.whole, tiny_recipe(**LATE)) == runs.best_of_whole
        assert runs.history(runs.whole) == before


class TestRun:
    def test_files_of_a_run(self, runs: Runs, prepared: Dataset) -> None:
        assert runs.whole.settings() == runs.killed.settings() == settings_for(prepared, **LATE)
        files = sorted(path.name for path in runs.whole.directory.iterdir())
        assert files == [
            *("best-1.weights.h5", "best-2.weights.h5"),
            *("checkpoints", "curves.png", "history.csv", "settings.json"),
        ]

    def test_the_best_weights_are_those_of_the_best_epoch(self, runs: Runs) -> None:
        rows = runs.whole.history()[2:]
        assert max(row["val_f1"] for row in rows) == runs.best_of_whole
        third, fourth = ((row["val_f1"], -row["val_loss"]) for row in rows)
        last = keras.models.load_model(runs.whole.directory / "checkpoints" / "epoch-0004.keras")
        pairs = zip(
            last.get_layer("frond").get_weights(), runs.whole.trained_model().get_weights(), strict=True
        )
        same = all(np.array_equal(one, other) for one, other in pairs)
        assert same == (fourth > third)

    def test_batchnorm_statistics_are_without_augmentation(self, runs: Runs, prepared: Dataset) -> None:
        path = runs.whole.directory / "checkpoints" / "epoch-0004.keras"
        network = keras.models.load_model(path).get_layer("frond")
        before = network.get_weights()

        recalibrate_batchnorm(network, prepared.pictures[prepared.indices("train")], batch=6)

        for now, then in zip(network.get_weights(), before, strict=True):
            assert now == pytest.approx(then, rel=1e-3, abs=1e-5)

    def test_other_settings_are_rejected(self, runs: Runs, prepared: Dataset) -> None:
        with pytest.raises(TrainingError, match="holds a run with other settings"):
            fit(prepared, runs.whole, tiny_recipe(**LATE, label_smoothing=0.2))

    def test_settings_may_change_before_the_first_checkpoint(self, prepared: Dataset, tmp_path: Path) -> None:
        for _ in range(2):
            with pytest.raises(TrainingError, match="no weight file"):
                fit(prepared, Run(tmp_path), tiny_recipe(weights="/no/such/weights.h5"))
        with pytest.raises(TrainingError, match="No precision"):
            fit(prepared, Run(tmp_path), tiny_recipe(precision="int4"))

    def test_a_recipe_of_another_size_is_rejected(self, prepared: Dataset, tmp_path: Path) -> None:
        stages = [{"name": "large", "epochs": 1, "learning_rate": 1e-3, "size": 96}]
        with pytest.raises(TrainingError, match=r"ends at 96 px and the data set holds 72 px.*--size 96"):
            fit(prepared, Run(tmp_path), tiny_recipe(stages=stages))

    def test_a_disk_that_is_too_small(
        self, prepared: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("shutil.disk_usage", lambda path: _Usage(10**6))
        with pytest.raises(TrainingError, match=r"need up to 0\.1 GB and .* has 0\.0 GB free"):
            fit(prepared, Run(tmp_path), tiny_recipe(backbone="mobilenet_v2"))
        assert not list((tmp_path / "checkpoints").iterdir())

    def test_a_folder_without_a_run_is_reported(self, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="is not a run"):
            Run(tmp_path).settings()

    def test_an_unfinished_run_is_reported(self, prepared: Dataset, tmp_path: Path) -> None:
        settings = settings_for(prepared).model_dump_json()
        (tmp_path / "settings.json").write_text(settings, encoding="utf-8")
        with pytest.raises(TrainingError, match="has not finished"):
            Run(tmp_path).trained_model()


@dataclass
class _Usage:
    free: int


@pytest.mark.parametrize(("replicas", "batch"), [(1, 32), (2, 16), (4, 8)])
def test_other_devices_may_share_the_same_steps(
    prepared: Dataset, tmp_path: Path, replicas: int, batch: int
) -> None:
    started = settings_for(prepared, batch=16).model_copy(update={"replicas": 2})
    Run(tmp_path).write_settings(started)

    Run(tmp_path).check_settings(
        settings_for(prepared, batch=batch).model_copy(update={"replicas": replicas})
    )


@pytest.mark.parametrize(
    ("replicas", "advice"),
    [
        (1, r"32 photos a step \(16 on each of 2 devices\), not with 16 .*give --batch 32 to resume"),
        (3, "use a number of devices that divides 32 to resume"),
    ],
)
def test_other_steps_are_rejected(prepared: Dataset, tmp_path: Path, replicas: int, advice: str) -> None:
    started = settings_for(prepared, batch=16)
    Run(tmp_path).write_settings(started.model_copy(update={"replicas": 2}))

    with pytest.raises(TrainingError, match=advice):
        Run(tmp_path).check_settings(started.model_copy(update={"replicas": replicas}))


def test_a_recipe_with_teachers_is_for_the_gpu_kit(prepared: Dataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="gpu-kit"):
        fit(prepared, Run(tmp_path / "run"), tiny_recipe(teachers=5))
