"""From a run to the folder that serves, and how good what is in it is."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from frond.classifier import Classifier
from frond.images import Recipe
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from tests.unit.training.conftest import SHARES
from tests.unit.training.test_fit import settings_for
from training.catalogue import Catalogue
from training.dataset import Dataset
from training.evaluate import evaluate
from training.export import NOTICE_NAME, _put_in_place, export
from training.fit import SETTINGS_NAME, WEIGHTS_NAME, Run
from training.network import build
from training.prepare import Terms, prepare
from training.problems import TrainingError
from training.sources import Folder


@pytest.fixture(scope="module")
def run(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that has one epoch behind it, as far as its folder tells."""
    directory = tmp_path_factory.mktemp("run")
    settings = settings_for(prepared)
    (directory / SETTINGS_NAME).write_text(settings.model_dump_json(), encoding="utf-8")
    build(settings.classes, settings.size, settings.dropout, settings.seed).save_weights(
        directory / WEIGHTS_NAME
    )
    return Run(directory)


@pytest.fixture(scope="module")
def exported(prepared: Dataset, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of that run, exported over one that was there before."""
    directory = tmp_path_factory.mktemp("models") / "model"
    directory.mkdir()
    (directory / MANIFEST_NAME).write_text("{}", encoding="utf-8")
    (directory / "left-over").touch()
    export(prepared, run, directory)
    return directory


def manifest_of(directory: Path) -> Manifest:
    return Manifest.model_validate_json((directory / MANIFEST_NAME).read_bytes())


def test_the_folder_holds_the_model_and_its_papers_and_nothing_else(exported: Path) -> None:
    names = {path.name for path in exported.iterdir()} - {"report"}

    assert names == {MODEL_NAME, MANIFEST_NAME, NOTICE_NAME}
    assert "CC BY-SA 4.0" in (exported / NOTICE_NAME).read_text(encoding="utf-8")
    assert [path.name for path in exported.parent.iterdir()] == ["model"]


def test_the_notice_tells_where_the_weights_began(exported: Path) -> None:
    assert "trained from scratch" in (exported / NOTICE_NAME).read_text(encoding="utf-8")


def test_a_model_that_cannot_be_replaced_stays(
    prepared: Dataset, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Path(shutil.copytree(exported, tmp_path / "model"))
    fresh = Path(shutil.copytree(exported, tmp_path / "fresh"))
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self == fresh:
            raise OSError("the disk is full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match="full"):
        _put_in_place(fresh, model, tmp_path / "replaced")

    assert Classifier.load(model).manifest == manifest_of(exported)


def test_the_manifest_tells_what_was_exported(exported: Path, prepared: Dataset) -> None:
    manifest = manifest_of(exported)

    assert [species.slug for species in manifest.labels] == [
        "sinapis-arvensis",
        "triticum-aestivum",
        "zea-mays",
    ]
    assert manifest.input == prepared.card.recipe
    assert manifest.dataset.fingerprint == prepared.card.fingerprint
    assert manifest.agreement["photos"] == len(prepared.indices("validation"))
    assert np.isfinite(manifest.abstention.not_recognised_below)
    assert len(manifest.reference.mean) == len(manifest.reference.std) == 64
    assert manifest.libraries["tensorflow"].startswith("2.")


def test_what_was_exported_serves(exported: Path, prepared: Dataset) -> None:
    classification = Classifier.load(exported).classify(np.ascontiguousarray(prepared.pictures[0]))

    assert sum(c.confidence for c in classification.candidates) == pytest.approx(1)


def test_evaluate_writes_down_what_it_measured(exported: Path, prepared: Dataset) -> None:
    measured = evaluate(prepared, exported, "test", threads=1)

    photos = len(prepared.indices("test"))
    assert measured["photos"] == photos
    right = sum(row["recall"] * row["support"] for row in measured["species"].values())
    assert measured["accuracy"] == pytest.approx(right / photos, abs=1e-3)
    low, high = measured["macro_f1_interval"]
    assert 0 <= low <= measured["macro_f1"] <= high <= 1
    assert sum(
        measured["verdicts"][v] for v in ("identified", "uncertain", "not_recognised")
    ) == pytest.approx(1)
    assert json.loads((exported / "report" / "metrics.json").read_text(encoding="utf-8")) == measured
    assert manifest_of(exported).metrics == measured
    for picture in ("confusion.png", "reliability.png"):
        assert (exported / "report" / picture).read_bytes().startswith(b"\x89PNG")


def test_only_the_test_split_goes_into_the_manifest(exported: Path, prepared: Dataset) -> None:
    before = manifest_of(exported)

    evaluate(prepared, exported, "validation", threads=1)

    assert manifest_of(exported) == before


def test_evaluate_refuses_photos_of_another_size(exported: Path, class_folders: Path, tmp_path: Path) -> None:
    prepare(Folder(class_folders), tmp_path / "other", Recipe(size=80), Catalogue(), SHARES, 1, 1, Terms())

    with pytest.raises(TrainingError, match="--size 72"):
        evaluate(Dataset(tmp_path / "other"), exported, "test", threads=1)


def test_evaluate_refuses_other_species(
    exported: Path, class_folders: Path, prepared: Dataset, tmp_path: Path
) -> None:
    fewer = tmp_path / "fewer"
    for folder in ("Maize", "Charlock"):
        shutil.copytree(class_folders / folder, fewer / folder)
    prepare(Folder(fewer), tmp_path / "set", prepared.card.recipe, Catalogue(), SHARES, 1, 1, Terms())

    with pytest.raises(TrainingError, match="other species"):
        evaluate(Dataset(tmp_path / "set"), exported, "test", threads=1)


def test_export_leaves_a_folder_alone_that_is_no_model(prepared: Dataset, run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()

    with pytest.raises(TrainingError, match="not a model"):
        export(prepared, run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_export_refuses_a_run_on_other_photos(prepared: Dataset, run: Run, tmp_path: Path) -> None:
    other = tmp_path / "run"
    shutil.copytree(run.directory, other)
    settings = run.settings().model_copy(update={"dataset_fingerprint": "another"})
    (other / SETTINGS_NAME).write_text(settings.model_dump_json(), encoding="utf-8")

    with pytest.raises(TrainingError, match="other photos"):
        export(prepared, Run(other), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_export_refuses_a_run_without_a_finished_epoch(prepared: Dataset, run: Run, tmp_path: Path) -> None:
    (tmp_path / SETTINGS_NAME).write_text(run.settings().model_dump_json(), encoding="utf-8")

    with pytest.raises(TrainingError, match="no finished epoch"):
        export(prepared, Run(tmp_path), tmp_path / "model")
