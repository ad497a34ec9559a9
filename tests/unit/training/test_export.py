"""From a run to the folder that serves."""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, Manifest
from tests.unit.training.conftest import settings_for
from training.commands.export import export as command
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.evaluation.bias_correction import BiasCorrection
from training.evaluation.calibration import fit_temperature
from training.evaluation.tta import SecondLookChoice
from training.evaluation.tta import Trial as SecondLookTrial
from training.export import export
from training.fitting.run import SETTINGS_NAME, Run
from training.inference import infer_all
from training.networks.network import backbone, build
from training.package import NOTICE_NAME, put_in_place
from training.quantization import Comparison


@pytest.fixture(scope="module")
def run(prepared: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that has finished, as far as its folder tells."""
    run = Run(tmp_path_factory.mktemp("run"))
    settings = settings_for(prepared)
    run.write_settings(settings)
    recipe = settings.recipe
    network = build(settings.classes, settings.size, recipe.dropout, recipe.seed, recipe.backbone)
    # Without this its values die out from layer to layer, and photos do not differ to it.
    for layer in backbone(network).layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0
    network(prepared.pictures.astype(np.float32), training=True)
    network.save_weights(run.best_weights(len(recipe.stages) - 1))
    return run


@pytest.fixture(scope="module")
def exported(prepared: Dataset, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of that run, exported over one that was there before."""
    directory = tmp_path_factory.mktemp("models") / "model"
    directory.mkdir()
    (directory / MANIFEST_NAME).write_text("{}", encoding="utf-8")
    (directory / "left-over").touch()
    export(prepared, run, directory, quantization_photos=3)
    return directory


def paper(directory: Path, name: str) -> Any:
    return json.loads((directory / "report" / f"{name}.json").read_text(encoding="utf-8"))


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
        put_in_place(fresh, model, tmp_path / "replaced")

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


def test_the_evidence_of_what_was_exported_has_its_logits_as_the_mean(
    exported: Path, prepared: Dataset
) -> None:
    inference = Classifier.load(exported).infer(np.ascontiguousarray(prepared.pictures[0]))

    assert inference.evidence is not None
    spread = max(np.ptp(inference.evidence), np.ptp(inference.logits))
    assert np.abs(inference.evidence.mean(axis=(0, 1)) - inference.logits).max() < 0.05 * spread


def test_the_papers_of_a_report_lie_beside_it(exported: Path, prepared: Dataset, run: Run) -> None:
    assert {path.stem for path in (exported / "report").iterdir()} >= {
        "data",
        "history",
        "settings",
        "quantization",
        "biases",
        "second_look",
    }
    assert paper(exported, "data")["fingerprint"] == prepared.card.fingerprint
    assert paper(exported, "history") == run.history()
    assert paper(exported, "settings")["recipe"]["backbone"] == manifest_of(exported).backbone


def test_the_number_formats_were_compared_on_as_many_photos_as_wanted(exported: Path) -> None:
    found = paper(exported, "quantization")

    assert (found["split"], found["photos"]) == ("validation", 3)
    assert [variant["name"] for variant in found["variants"]] == ["fp32", "fp16", "dynamic", "int8"]
    assert found["variants"][3]["size_bytes"] == (exported / MODEL_NAME).stat().st_size
    assert found["variants"][0]["agreement"] == 1
    assert {"evidence", "logits", "embedding"} <= {layer["layer"] for layer in found["layers"]}


def test_the_biases_are_in_the_network_that_serves_and_on_paper(
    prepared: Dataset, run: Run, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    biases, serving = np.array([0.5, -1.5, 0], np.float32), []
    int8 = (exported / MODEL_NAME).read_bytes()

    def variants(model: keras.Model, _: object) -> dict[str, bytes]:
        serving.append(model)
        return {"int8": int8}

    monkeypatch.setattr("training.export.fit_biases", lambda *_: BiasCorrection(biases, 0.25, 0.75))
    monkeypatch.setattr("training.export.export_all_formats", variants)
    monkeypatch.setattr("training.export.compare_formats", lambda *_: Comparison(0, [], []))

    export(prepared, run, tmp_path / "model")

    before = run.trained_model().get_layer("logits").get_weights()[1]
    for head in ("logits", "evidence"):
        assert serving[0].get_layer(head).get_weights()[1] == pytest.approx(before + biases)
    assert paper(tmp_path / "model", "biases") == {
        "biases": {"sinapis-arvensis": 0.5, "triticum-aestivum": -1.5, "zea-mays": 0},
        "loss": 0.25,
        "loss_without": 0.75,
    }


def test_all_that_is_fitted_is_fitted_to_what_the_second_look_makes_of_a_photo(
    prepared: Dataset, run: Run, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    int8 = (exported / MODEL_NAME).read_bytes()
    trials = [SecondLookTrial(1000.0, 1.0, 0.5, 2)]
    monkeypatch.setattr("training.export.export_all_formats", lambda *_: {"int8": int8})
    monkeypatch.setattr("training.export.compare_formats", lambda *_: Comparison(0, [], []))
    monkeypatch.setattr("training.calibrate.choose_second_look", lambda *_: SecondLookChoice(1000.0, trials))

    manifest = export(prepared, run, tmp_path / "model")

    classifier, validation = Classifier.load(tmp_path / "model"), prepared.indices("validation")
    served = infer_all(classifier, prepared.pictures[validation])
    once = manifest_of(exported)
    assert served.looked_twice == 1
    assert manifest.temperature == fit_temperature(served.logits, prepared.labels[validation])
    assert manifest.temperature != once.temperature
    assert manifest.reference.mean != once.reference.mean
    assert manifest.abstention.not_recognised_below != once.abstention.not_recognised_below
    # Float and int8 are compared look by look.
    assert manifest.agreement == once.agreement
    assert paper(tmp_path / "model", "second_look") == {
        "gap_below": 1000,
        "trials": [{"gap_below": 1000, "share": 1, "loss": 0.5, "wrong": 2}],
    }


def test_a_collapsed_export_is_told_aloud_and_on_paper(
    prepared: Dataset,
    run: Run,
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The file is of another network than the run's, whose head says the opposite."""
    network, other = run.trained_model(), Run(tmp_path / "run")
    kernel, bias = network.get_layer("logits").get_weights()
    network.get_layer("logits").set_weights([-kernel, bias])
    other.directory.mkdir()
    other.write_settings(run.settings())
    network.save_weights(other.best_weights(len(run.settings().recipe.stages) - 1))
    int8 = (exported / MODEL_NAME).read_bytes()
    monkeypatch.setattr("training.export.export_all_formats", lambda *_: {"int8": int8})
    monkeypatch.setattr("training.export.compare_formats", lambda *_: Comparison(0, [], []))

    export(prepared, other, tmp_path / "model")

    assert manifest_of(tmp_path / "model").agreement["top1"] < 0.5
    assert "Warning: The int8 model names the same" in " ".join(capsys.readouterr().err.split())
    assert "a faithful export" in paper(tmp_path / "model", "quantization")["warnings"][0]


def test_export_leaves_a_folder_alone_that_is_no_model(prepared: Dataset, run: Run, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()

    with pytest.raises(TrainingError, match="not a model"):
        export(prepared, run, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("field", "complaint"),
    [("dataset_fingerprint", "other photos"), ("train_fingerprint", "split otherwise")],
)
def test_export_refuses_a_run_on_other_photos_or_another_split_of_these(
    prepared: Dataset, run: Run, tmp_path: Path, field: str, complaint: str
) -> None:
    """Its temperature and thresholds would be fitted to photos that it has learned."""
    other = tmp_path / "run"
    shutil.copytree(run.directory, other)
    settings = run.settings().model_copy(update={field: "another"})
    (other / SETTINGS_NAME).write_text(settings.model_dump_json(), encoding="utf-8")

    with pytest.raises(TrainingError, match=complaint):
        export(prepared, Run(other), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_the_command_leaves_out_the_species_that_the_run_left_out(
    prepared: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, given = Run(tmp_path), []

    def stop(dataset: Dataset, *_: object) -> None:
        given.append(dataset)
        raise TrainingError("far enough")

    run.write_settings(settings_for(Dataset(prepared.directory, ["triticum-aestivum"])))
    monkeypatch.setattr("training.export.export", stop)
    with pytest.raises(TrainingError, match="far enough"):
        command(prepared.directory, tmp_path, tmp_path / "model")

    assert [species.slug for species in given[0].card.species] == ["sinapis-arvensis", "zea-mays"]
    assert given[0].card.fingerprint == run.settings().dataset_fingerprint


def test_export_refuses_a_run_that_goes_on(prepared: Dataset, run: Run, tmp_path: Path) -> None:
    (tmp_path / SETTINGS_NAME).write_text(run.settings().model_dump_json(), encoding="utf-8")

    with pytest.raises(TrainingError, match="has not finished"):
        export(prepared, Run(tmp_path), tmp_path / "model")
