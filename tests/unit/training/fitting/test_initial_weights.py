"""A run records the file that it started from and, if another run wrote it, that run."""

import hashlib
import json
from pathlib import Path

import pytest

from frond.manifest import MANIFEST_NAME, MODEL_NAME, read_manifest
from tests.conftest import ROOT
from tests.unit.training.tiny_runs import settings_for, tiny_recipe
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.fitting.recipe import read_recipe
from training.fitting.run import HISTORY_NAME, Run, describe_weights
from training.model_export import _notice, _plain


def weights_in(folder: Path) -> Path:
    folder.mkdir()
    path = folder / "best-2.weights.h5"
    path.write_bytes(b"weights")
    return path


def test_names_that_are_no_files_have_no_record() -> None:
    assert describe_weights("imagenet") is None
    assert describe_weights("none") is None


def test_a_file_alone(tmp_path: Path) -> None:
    found = describe_weights(str(weights_in(tmp_path / "folder")))
    assert found is not None
    assert (found.name, found.run) == ("best-2.weights.h5", None)
    assert found.sha256 == hashlib.sha256(b"weights").hexdigest()


def test_a_file_of_a_run(prepared: Dataset, tmp_path: Path) -> None:
    path = weights_in(tmp_path / "first")
    settings = settings_for(prepared, weights="/home/me/imagenet.h5")
    Run(path.parent).write_settings(settings)
    (path.parent / HISTORY_NAME).write_text("epoch,stage,loss\n1,0,2\n2,0,1\n", encoding="utf-8")

    found = describe_weights(str(path))

    assert found is not None
    assert found.run == settings
    assert found.epochs == 2
    later = settings.model_copy(update={"initial_weights": found})
    assert later.lineage() == [settings, later]
    assert "/home/me" not in json.dumps(_plain(later))


def test_an_exported_model(prepared: Dataset) -> None:
    manifest = read_manifest(ROOT / "functions" / "classify" / "model")
    found = describe_weights(str(ROOT / "functions" / "classify" / "model"))
    assert found is not None
    assert (found.name, found.sha256) == (manifest.version, manifest.file.sha256)
    assert found.run is not None
    assert found.run.dataset_fingerprint == manifest.dataset.fingerprint
    settings = settings_for(prepared, weights="models/frond").model_copy(update={"initial_weights": found})
    assert f"from the model {manifest.version}; that one's: " in _notice(manifest.dataset, settings)


@pytest.mark.parametrize("settings", [None, '{"epochs": 3}'])
def test_an_exported_model_without_a_run_of_today(settings: str | None, tmp_path: Path) -> None:
    model = ROOT / "functions" / "classify" / "model"
    for name in (MANIFEST_NAME, MODEL_NAME):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    if settings:
        (tmp_path / "report").mkdir()
        (tmp_path / "report" / "settings.json").write_text(settings, encoding="utf-8")

    found = describe_weights(str(tmp_path))

    assert found is not None
    assert found.run is None


def test_a_resumed_run_keeps_its_record(prepared: Dataset, tmp_path: Path) -> None:
    path = weights_in(tmp_path / "first")
    run, settings = Run(tmp_path / "second"), settings_for(prepared)
    recorded = settings.model_copy(update={"initial_weights": describe_weights(str(path))})
    run.write_settings(recorded)
    (run.directory / "checkpoints" / "epoch-0001.keras").write_bytes(b"")

    run.write_settings(settings)  # the file of the weights is gone

    assert run.settings() == recorded
    with pytest.raises(TrainingError, match="holds a run with other settings"):
        run.write_settings(settings_for(prepared, seed=9))


def test_a_recipe_in_json(tmp_path: Path) -> None:
    path = tmp_path / "RUN.json"
    path.write_text(tiny_recipe(seed=4).model_dump_json(), encoding="utf-8")
    assert read_recipe(str(path)) == tiny_recipe(seed=4)
    path.write_text("{", encoding="utf-8")
    with pytest.raises(TrainingError, match="is not JSON"):
        read_recipe(str(path))
