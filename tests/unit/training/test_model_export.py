"""Export of a training run."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from tests.unit.training.tiny_runs import settings_for
from training.artifacts.trials import TTATrial, TTATrials
from training.batch_inference import infer_all
from training.calibration import fit_calibrator
from training.commands.export import export as command
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.evaluation.bias_correction import BiasCorrection
from training.fitting.run import SETTINGS_NAME, Run
from training.model_export import export
from training.networks.network import backbone, build
from training.package import NOTICE_NAME, replace_directory
from training.quantization import Agreement, Comparison, agreement


@pytest.fixture(scope="module")
def run(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The folder of a finished run."""
    run = Run(tmp_path_factory.mktemp("run"))
    settings = settings_for(prepared)
    run.write_settings(settings)
    recipe = settings.recipe
    network = build(settings.classes, settings.size, recipe.dropout, recipe.seed, recipe.backbone)
    # Otherwise the activations vanish from layer to layer, and all photos have the same outputs.
    for layer in backbone(network).layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0
    network(prepared.pictures.astype(np.float32), training=True)
    network.save_weights(run.best_weights(len(recipe.stages) - 1))
    return run


@pytest.fixture(scope="module")
def exported(prepared: Dataset, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of that run, exported to a folder with another model."""
    directory = tmp_path_factory.mktemp("models") / "model"
    directory.mkdir()
    (directory / MANIFEST_NAME).write_text("{}", encoding="utf-8")
    (directory / "left-over").touch()
    export(prepared, run, directory, quantization_photos=3, growth_stage="seedling")
    return directory


def read_report(directory: Path, name: str) -> Any:
    return json.loads((directory / "report" / f"{name}.json").read_text(encoding="utf-8"))


def manifest_of(directory: Path) -> Manifest:
    return Manifest.model_validate_json((directory / MANIFEST_NAME).read_bytes())


def test_the_folder_holds_the_model_and_its_report_and_nothing_else(exported: Path) -> None:
    names = {path.name for path in exported.iterdir()} - {"report"}

    assert names == {MODEL_NAME, MANIFEST_NAME, NOTICE_NAME}
    assert "CC BY-SA 4.0" in (exported / NOTICE_NAME).read_text(encoding="utf-8")
    assert [path.name for path in exported.parent.iterdir()] == ["model"]


def test_the_notice_names_the_initial_weights(exported: Path) -> None:
    assert "trained from scratch" in (exported / NOTICE_NAME).read_text(encoding="utf-8")


def test_a_failed_replacement_keeps_the_existing_model(
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
        replace_directory(fresh, model, tmp_path / "replaced")

    assert Classifier.load(model).manifest == manifest_of(exported)


def test_the_manifest_describes_the_export(exported: Path, prepared: Dataset) -> None:
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
    assert manifest.growth_stage == "seedling"
    assert manifest.libraries["tensorflow"].startswith("2.")


def test_the_exported_model_classifies(exported: Path, prepared: Dataset) -> None:
    classification = Classifier.load(exported).classify(np.ascontiguousarray(prepared.pictures[0]))

    assert sum(c.confidence for c in classification.candidates) == pytest.approx(1)


def test_the_mean_of_the_exported_evidence_is_the_logits(exported: Path, prepared: Dataset) -> None:
    inference = Classifier.load(exported).infer(np.ascontiguousarray(prepared.pictures[0]))

    assert inference.evidence is not None
    spread = max(np.ptp(inference.evidence), np.ptp(inference.logits))
    assert np.abs(inference.evidence.mean(axis=(0, 1)) - inference.logits).max() < 0.05 * spread


def test_the_files_of_the_report_are_written(exported: Path, prepared: Dataset, run: Run) -> None:
    assert {path.stem for path in (exported / "report").iterdir()} >= {
        "data",
        "history",
        "settings",
        "quantization",
        "biases",
        "test_time_augmentation",
    }
    assert read_report(exported, "data")["fingerprint"] == prepared.card.fingerprint
    assert read_report(exported, "history") == run.history()
    assert read_report(exported, "settings")["recipe"]["backbone"] == manifest_of(exported).backbone


def test_number_formats_are_compared_on_the_given_number_of_photos(exported: Path) -> None:
    found = read_report(exported, "quantization")

    assert (found["split"], found["photos"]) == ("validation", 3)
    assert [variant["name"] for variant in found["variants"]] == ["fp32", "fp16", "dynamic", "int8"]
    assert found["variants"][3]["size_bytes"] == (exported / MODEL_NAME).stat().st_size
    assert found["variants"][0]["agreement"] == 1
    assert {"evidence", "logits", "embedding"} <= {layer["layer"] for layer in found["layers"]}


def test_the_biases_are_in_the_exported_network_and_in_the_report(
    prepared: Dataset, run: Run, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    biases, serving = np.array([0.5, -1.5, 0], np.float32), []
    int8 = (exported / MODEL_NAME).read_bytes()

    def variants(model: keras.Model, _: object) -> dict[str, bytes]:
        serving.append(model)
        return {"int8": int8}

    monkeypatch.setattr("training.model_export.fit_biases", lambda *_: BiasCorrection(biases, 0.25, 0.75))
    monkeypatch.setattr("training.model_export.export_all_formats", variants)
    monkeypatch.setattr("training.model_export.compare_formats", lambda *_: Comparison(0, [], []))

    export(prepared, run, tmp_path / "model")

    before = run.trained_model().get_layer("logits").get_weights()[1]
    for head in ("logits", "evidence"):
        assert serving[0].get_layer(head).get_weights()[1] == pytest.approx(before + biases)
    assert read_report(tmp_path / "model", "biases") == {
        "biases": {"sinapis-arvensis": 0.5, "triticum-aestivum": -1.5, "zea-mays": 0},
        "loss": 0.25,
        "loss_without": 0.75,
    }


def test_everything_is_fitted_to_augmented_outputs(
    prepared: Dataset, run: Run, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    int8 = (exported / MODEL_NAME).read_bytes()
    trials = TTATrials(gap_below=1000, trials=[TTATrial(gap_below=1000, share=1, loss=0.5, wrong=2)])
    monkeypatch.setattr("training.model_export.export_all_formats", lambda *_: {"int8": int8})
    monkeypatch.setattr("training.model_export.compare_formats", lambda *_: Comparison(0, [], []))
    monkeypatch.setattr("training.postprocessing.choose_tta", lambda *_: trials)

    manifest = export(prepared, run, tmp_path / "model")

    classifier, validation = Classifier.load(tmp_path / "model"), prepared.indices("validation")
    served = infer_all(classifier, prepared.pictures[validation])
    plain = manifest_of(exported)
    assert served.tta_share == 1
    assert manifest.calibrator() == fit_calibrator(served.logits, prepared.labels[validation])
    assert manifest.temperature != plain.temperature
    assert manifest.reference.mean != plain.reference.mean
    assert manifest.abstention.not_recognised_below != plain.abstention.not_recognised_below
    # Float and int8 are compared without augmentation.
    assert manifest.agreement == plain.agreement
    assert read_report(tmp_path / "model", "test_time_augmentation") == {
        "gap_below": 1000,
        "trials": [{"gap_below": 1000, "share": 1, "loss": 0.5, "wrong": 2}],
    }


def test_a_collapsed_export_is_reported(
    prepared: Dataset,
    run: Run,
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The file misclassifies all photos, which are too few for a tiny network to lose by itself."""

    def collapsed(*outputs: Any) -> Agreement:
        found = agreement(*outputs)
        return replace(found, lost=found.photos, won=0)

    int8 = (exported / MODEL_NAME).read_bytes()
    monkeypatch.setattr("training.model_export.export_all_formats", lambda *_: {"int8": int8})
    monkeypatch.setattr("training.model_export.compare_formats", lambda *_: Comparison(0, [], []))
    monkeypatch.setattr("training.model_export.agreement", collapsed)

    export(prepared, run, tmp_path / "model")

    photos = len(prepared.indices("validation"))
    assert manifest_of(tmp_path / "model").agreement["lost"] == photos
    warning = " ".join(capsys.readouterr().err.split())
    assert f"Warning: The int8 model misclassifies {photos} of {photos}" in warning
    assert "the other way round" in read_report(tmp_path / "model", "quantization")["warnings"][0]


def test_export_refuses_a_folder_without_a_model(prepared: Dataset, run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()

    with pytest.raises(TrainingError, match="not a model"):
        export(prepared, run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("field", "message"),
    [("dataset_fingerprint", "other photos"), ("train_fingerprint", "split otherwise")],
)
def test_export_refuses_a_run_on_other_photos_or_another_split_of_these(
    prepared: Dataset, run: Run, tmp_path: Path, field: str, message: str
) -> None:
    """Otherwise temperature and thresholds are fitted to training photos."""
    other = tmp_path / "run"
    shutil.copytree(run.directory, other)
    settings = run.settings().model_copy(update={field: "another"})
    (other / SETTINGS_NAME).write_text(settings.model_dump_json(), encoding="utf-8")

    with pytest.raises(TrainingError, match=message):
        export(prepared, Run(other), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_the_command_excludes_the_species_that_the_run_excluded(
    prepared: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, given = Run(tmp_path), []

    def stop(dataset: Dataset, *_: object) -> None:
        given.append(dataset)
        raise TrainingError("far enough")

    run.write_settings(settings_for(Dataset(prepared.directory, ["triticum-aestivum"])))
    monkeypatch.setattr("training.model_export.export", stop)
    with pytest.raises(TrainingError, match="far enough"):
        command(str(prepared.directory), str(tmp_path), tmp_path / "model")

    assert [species.slug for species in given[0].card.species] == ["sinapis-arvensis", "zea-mays"]
    assert given[0].card.fingerprint == run.settings().dataset_fingerprint


def test_export_refuses_an_unfinished_run(prepared: Dataset, run: Run, tmp_path: Path) -> None:
    (tmp_path / SETTINGS_NAME).write_text(run.settings().model_dump_json(), encoding="utf-8")

    with pytest.raises(TrainingError, match="has not finished"):
        export(prepared, Run(tmp_path), tmp_path / "model")
