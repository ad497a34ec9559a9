"""Calibration of an exported model, without its training run."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from frond.calibration import ConfusedPair
from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest, read_manifest
from frond.problems import InvalidModel
from tests.support.tiny_model import manifest_of, tiny_model
from training.__main__ import app
from training.artifacts.predictions import PhotoLogits
from training.artifacts.trials import TTATrial, TTATrials
from training.batch_inference import infer_all
from training.calibration import choose_basis, fit_calibrator, read_held_out
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.package import NOTICE_NAME
from training.postprocessing import METADATA_NAME, calibrate, recalibrate
from training.quantization.metadata import read_metadata

ALWAYS = TTATrials(gap_below=1000, trials=[TTATrial(gap_below=1000, share=1, loss=0.5, wrong=2)])


@pytest.fixture
def model(prepared: Dataset, tmp_path: Path) -> Path:
    """A model's folder in the layout of `export` and `evaluate`, with an untrained network."""
    card = prepared.card
    file = tiny_model(size=card.recipe.size, classes=len(card.species))
    draft = manifest_of(file, card.recipe.size)
    manifest = draft.model_copy(
        update={
            "input": card.recipe,
            "labels": card.species,
            "dataset": draft.dataset.model_copy(
                update={"fingerprint": card.fingerprint, "test_fingerprint": card.test_fingerprint}
            ),
            "metrics": {"accuracy": 0.5},
            "forced": "to see it fail",
            "training": {"seed": 3},
        }
    )
    folder = tmp_path / "model"
    report = folder / "report"
    report.mkdir(parents=True)
    (folder / MODEL_NAME).write_bytes(file)
    (folder / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")
    (folder / NOTICE_NAME).write_text("source of the photos", encoding="utf-8")
    (report / "data.json").write_text(card.model_dump_json(), encoding="utf-8")
    for name in ("settings", "metrics", "ood_benchmark", "examples"):
        (report / f"{name}.json").write_text(json.dumps({"of": name}), encoding="utf-8")
    return folder


@pytest.fixture
def always_augmented(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("training.postprocessing.choose_tta", lambda *_: ALWAYS)


@pytest.mark.usefixtures("always_augmented")
def test_everything_is_fitted_to_augmented_outputs(prepared: Dataset, model: Path, tmp_path: Path) -> None:
    manifest = recalibrate(prepared, model, tmp_path / "fresh")

    classifier, validation = Classifier.load(tmp_path / "fresh"), prepared.indices("validation")
    served = infer_all(classifier, prepared.pictures[validation])
    assert served.tta_share == 1
    assert classifier.manifest == manifest
    assert manifest.calibrator() == fit_calibrator(served.logits, prepared.labels[validation])
    accepted = manifest.abstention.is_in_distribution(served.logits, served.embeddings)
    assert accepted.mean() == pytest.approx(manifest.abstention.acceptance)
    train = infer_all(classifier, prepared.pictures[prepared.indices("train")])
    assert manifest.reference.mean == pytest.approx(train.embeddings.mean(axis=0).tolist(), rel=1e-5)


@pytest.mark.usefixtures("always_augmented")
def test_the_network_stays_and_the_metrics_are_removed(
    prepared: Dataset, model: Path, tmp_path: Path
) -> None:
    before = read_manifest(model)

    fresh = recalibrate(prepared, model, tmp_path / "fresh")

    picture = np.ascontiguousarray(prepared.pictures[0])
    before_network, after_network = (
        Classifier(file, manifest_of(file, len(picture))) for file in _files(model, tmp_path)
    )
    assert (before_network.infer(picture).logits == after_network.infer(picture).logits).all()
    assert (fresh.dataset, fresh.agreement, fresh.training) == (
        before.dataset,
        before.agreement,
        before.training,
    )
    assert fresh.metrics == {}
    assert fresh.forced is None
    assert (tmp_path / "fresh" / NOTICE_NAME).read_text(encoding="utf-8") == "source of the photos"
    files = {path.stem for path in (tmp_path / "fresh" / "report").iterdir()}
    assert files == {"calibration", "data", "settings", "test_time_augmentation"}
    path = tmp_path / "fresh" / "report" / "test_time_augmentation.json"
    assert json.loads(path.read_text(encoding="utf-8"))["gap_below"] == 1000


def test_a_change_of_the_calibration_changes_the_version(
    prepared: Dataset, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once = recalibrate(prepared, model, tmp_path / "once")
    same = recalibrate(prepared, model, tmp_path / "same")
    monkeypatch.setattr("training.postprocessing.choose_tta", lambda *_: ALWAYS)
    again = recalibrate(prepared, model, tmp_path / "again")

    assert once.file == same.file
    assert once.version != again.version != read_manifest(model).version
    metadata = read_metadata((tmp_path / "again" / MODEL_NAME).read_bytes(), METADATA_NAME)
    assert metadata is not None
    assert json.loads(metadata)["second_look"] == {"gap_below": 1000}
    assert json.loads(metadata)["temperature"] == again.temperature


def test_a_model_can_be_calibrated_in_place(prepared: Dataset, model: Path) -> None:
    before = read_manifest(model)

    recalibrate(prepared, model, model)

    assert Classifier.load(model).manifest.version != before.version
    assert [path.name for path in model.parent.iterdir() if path.name != "model"] == []


class TestRefusals:
    def refused(
        self, error: type[Exception], match: str, dataset: Dataset, model: Path, target: Path
    ) -> None:
        with pytest.raises(error, match=match):
            recalibrate(dataset, model, target)

    def changed(self, model: Path, **changes: object) -> None:
        manifest = read_manifest(model).model_copy(update=changes)
        (model / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")

    def test_another_data_set(self, prepared: Dataset, model: Path, tmp_path: Path) -> None:
        other = read_manifest(model).dataset.model_copy(update={"fingerprint": "another"})
        self.changed(model, dataset=other)
        self.refused(TrainingError, "other photos", prepared, model, tmp_path / "fresh")
        assert not (tmp_path / "fresh").exists()

    def test_a_target_that_holds_something_else(self, prepared: Dataset, model: Path, tmp_path: Path) -> None:
        (tmp_path / "thesis").mkdir()
        (tmp_path / "thesis" / "thesis.tex").touch()
        self.refused(TrainingError, "not a model", prepared, model, tmp_path / "thesis")

    def test_no_model(self, prepared: Dataset, tmp_path: Path) -> None:
        self.refused(InvalidModel, "no readable manifest", prepared, tmp_path, tmp_path / "fresh")

    def test_a_file_that_is_not_the_manifest_s(self, prepared: Dataset, model: Path, tmp_path: Path) -> None:
        (model / MODEL_NAME).write_bytes(tiny_model(size=prepared.card.recipe.size, seed=9))
        self.refused(InvalidModel, "does not match", prepared, model, tmp_path / "fresh")

    def test_no_notice(self, prepared: Dataset, model: Path, tmp_path: Path) -> None:
        (model / NOTICE_NAME).unlink()
        self.refused(TrainingError, NOTICE_NAME, prepared, model, tmp_path / "fresh")
        assert not (tmp_path / "fresh").exists()

    def test_an_empty_out_of_distribution_folder(self, prepared: Dataset, model: Path) -> None:
        (model.parent / "empty").mkdir()
        manifest = read_manifest(model)
        with pytest.raises(TrainingError, match="no file"):
            calibrate(
                (model / MODEL_NAME).read_bytes(), manifest, prepared, 0, {"none": model.parent / "empty"}
            )


def test_the_command_prints_the_calibration(prepared: Dataset, model: Path, tmp_path: Path) -> None:
    called = CliRunner().invoke(
        app, ["calibrate", os.fspath(prepared.directory), os.fspath(model), os.fspath(tmp_path / "fresh")]
    )

    assert called.exit_code == 0
    manifest: Manifest = read_manifest(tmp_path / "fresh")
    assert manifest.version in called.stdout
    assert f"temperature {manifest.temperature:.4f}" in called.stdout
    assert "test-time augmentation none" in called.stdout


def _files(model: Path, folder: Path) -> tuple[bytes, bytes]:
    return (model / MODEL_NAME).read_bytes(), (folder / "fresh" / MODEL_NAME).read_bytes()


def test_held_out_logits_calibrate_in_place_of_validation(
    prepared: Dataset, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    train = prepared.indices("train")
    logits = np.random.default_rng(0).normal(size=(len(train), 3)).astype(np.float32)
    photos = [prepared.rows[photo].sha256 for photo in train]
    np.savez(tmp_path / "a.npz", photos=photos, logits=logits, labels=prepared.labels[train])

    manifest = recalibrate(
        prepared, model, tmp_path / "fresh", basis=read_held_out([tmp_path / "a.npz"], prepared)
    )

    assert manifest.calibrator() == fit_calibrator(logits, prepared.labels[train])
    record = json.loads((tmp_path / "fresh" / "report" / "calibration.json").read_text(encoding="utf-8"))
    assert (record["source"], record["photos"], record["logit_scale"]) == ("held_out", len(train), 1)
    assert record["validation"]["photos"] == len(prepared.indices("validation"))
    printed = " ".join(capsys.readouterr().err.split())
    assert f"Calibrated on {len(train)} photos" in printed
    assert "errors expected" in printed


class TestCalibrationOfAnEarlierModel:
    @pytest.fixture
    def earlier(self, model: Path, tmp_path: Path) -> Path:
        """A copy of the model, with temperatures of its own."""
        folder = tmp_path / "earlier"
        shutil.copytree(model, folder)
        manifest = read_manifest(model)
        pair = ConfusedPair(species=tuple(each.slug for each in manifest.labels[:2]), temperature=1.4)
        known = manifest.model_copy(update={"temperature": 0.7, "confused_pairs": [pair]})
        (folder / MANIFEST_NAME).write_text(known.model_dump_json(), encoding="utf-8")
        return folder

    def test_a_consistent_model_takes_it_over(
        self, prepared: Dataset, model: Path, earlier: Path, tmp_path: Path
    ) -> None:
        basis = choose_basis(prepared, [], True, earlier)
        manifest = recalibrate(prepared, model, tmp_path / "fresh", basis=basis)

        assert manifest.temperature == pytest.approx(0.7)
        (pair,) = manifest.confused_pairs
        assert pair.temperature == pytest.approx(1.4)
        record = json.loads((tmp_path / "fresh" / "report" / "calibration.json").read_text(encoding="utf-8"))
        assert (record["source"], record["logit_scale"]) == ("inherited", pytest.approx(1))

    def test_a_surer_model_has_higher_temperatures(self, prepared: Dataset, earlier: Path) -> None:
        validation = prepared.indices("validation")
        pictures = prepared.pictures[validation]
        logits = infer_all(Classifier.load(earlier), pictures).logits
        photos = [prepared.rows[photo].sha256 for photo in validation]
        basis = choose_basis(prepared, [], True, earlier)
        assert basis

        fitted = basis.fit(PhotoLogits(photos, 2 * logits, prepared.labels[validation]), pictures)

        assert fitted.scale == pytest.approx(2)
        assert fitted.calibrator.temperature == pytest.approx(1.4)
        assert fitted.calibrator.pairs[0].temperature == pytest.approx(2.8)

    def test_a_model_of_other_species_is_refused(self, prepared: Dataset, earlier: Path) -> None:
        manifest = read_manifest(earlier)
        others = [
            label.model_copy(update={"slug": f"other-{number}"})
            for number, label in enumerate(manifest.labels)
        ]
        changed = manifest.model_copy(update={"labels": others, "confused_pairs": []})
        (earlier / MANIFEST_NAME).write_text(changed.model_dump_json(), encoding="utf-8")

        with pytest.raises(TrainingError, match="identifies other species"):
            choose_basis(prepared, [], True, earlier)

    def test_one_basis_is_enough(self, prepared: Dataset, earlier: Path) -> None:
        with pytest.raises(TrainingError, match="either --calibration-logits or --calibration-of"):
            choose_basis(prepared, [earlier / "a.npz"], True, earlier)
