"""Evaluation of an exported model, and its official metrics on disk."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, read_manifest
from frond.preprocessing import PreprocessingSpec
from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.conftest import RECIPE, SHARES
from training.artifacts.metrics_file import Metrics
from training.commands.evaluate import evaluate as command
from training.data.dataset import Dataset
from training.data.prepare import License, prepare
from training.data.sources import FolderSource
from training.data.split import SPLITS, SplitConfig
from training.data.taxonomy import Taxonomy
from training.errors import TrainingError
from training.evaluation.evaluate import evaluate
from training.report import ReportInputs

EVIDENCE = np.random.default_rng(0).integers(-90, 90, (1, 3, 3, 3)).astype(np.int8)


def model_for(dataset: Dataset, directory: Path) -> Path:
    """Write a small model of the data set's species, with evidence, in the layout of an export."""
    model = tiny_model(RECIPE.size, evidence=EVIDENCE)
    drafted = manifest_of(model, RECIPE.size)
    manifest = drafted.model_copy(
        update={
            "labels": dataset.card.species,
            "temperature": 5.0,
            "dataset": drafted.dataset.model_copy(update={"fingerprint": dataset.card.fingerprint}),
        }
    )
    directory.mkdir(parents=True)
    (directory / MODEL_NAME).write_bytes(model)
    (directory / MANIFEST_NAME).write_text(manifest.model_dump_json(), encoding="utf-8")
    return directory


def prepared_again(class_folders: Path, directory: Path, size: int = RECIPE.size, seed: int = 1) -> Dataset:
    prepare(
        FolderSource(class_folders),
        directory,
        PreprocessingSpec(size=size),
        Taxonomy(),
        SplitConfig(SHARES, seed),
        1,
        License(),
    )
    return Dataset(directory)


def files(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.fixture
def model(prepared: Dataset, tmp_path: Path) -> Path:
    """A model without metrics."""
    return model_for(prepared, tmp_path / "model")


@pytest.fixture(scope="module")
def measured(
    prepared: Dataset, seedlings: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Metrics]:
    """A model with metrics, also of an out-of-distribution set."""
    directory = model_for(prepared, tmp_path_factory.mktemp("models") / "model")
    return directory, evaluate(prepared, directory, "test", 1, {"others": seedlings})


def test_metrics_are_those_of_the_serving_classifier(
    measured: tuple[Path, Metrics], prepared: Dataset
) -> None:
    directory, metrics = measured
    classifier, slugs = Classifier.load(directory), [species.slug for species in prepared.card.species]
    confusion = np.zeros((3, 3), dtype=int)
    verdicts = []
    for photo in prepared.indices("test"):
        answer = classifier.classify(np.ascontiguousarray(prepared.pictures[photo]))
        confusion[prepared.labels[photo], slugs.index(answer.candidates[0].species.slug)] += 1
        verdicts.append(answer.verdict)

    assert metrics.confusion == confusion.tolist()
    assert metrics.photos == len(verdicts) == confusion.sum()
    assert metrics.accuracy == pytest.approx(confusion.trace() / confusion.sum())
    assert metrics.verdicts["identified"] == verdicts.count("identified") / len(verdicts)
    assert 0 <= metrics.macro_f1_interval[0] <= metrics.macro_f1 <= metrics.macro_f1_interval[1] <= 1
    assert sum(b.photos for b in metrics.reliability) == len(verdicts)


def test_out_of_distribution_photos_are_measured(measured: tuple[Path, Metrics]) -> None:
    _, metrics = measured
    ood = metrics.unknown["others"]

    assert ood.photos == 8
    assert ood.identified + ood.uncertain + ood.not_recognised == pytest.approx(1)
    assert len(ood.misidentified) == round(ood.identified * 8)
    assert [file.source for file in ood.unreadable] == ["README.md"]
    assert metrics.scores is not None
    assert sum(metrics.scores.known) == metrics.photos
    assert sum(metrics.scores.unknown["others"]) == 8


def test_the_report_is_written_to_the_model_s_folder(measured: tuple[Path, Metrics]) -> None:
    directory, metrics = measured

    names = {str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file()}
    gallery = {name for name in names if name.startswith("report/gallery/")}
    known = {f"report/gallery/{species.slug}.jpg" for species in read_manifest(directory).labels}
    assert gallery
    assert gallery <= known
    assert names - gallery == {
        "model.tflite",
        "manifest.json",
        "MODEL_CARD.md",
        "report/data.json",
        "report/examples.json",
        "report/index.html",
        "report/metrics.json",
        "report/predictions.csv",
    }
    text = (directory / "report" / "metrics.json").read_text(encoding="utf-8")
    assert Metrics.model_validate_json(text) == metrics
    page = (directory / "report" / "index.html").read_text(encoding="utf-8")
    assert 'alt="Class activation map for' in page


def test_several_photos_of_one_plant_are_measured(measured: tuple[Path, Metrics]) -> None:
    _, metrics = measured

    one, *more = metrics.multi_image
    assert one.photos == 1
    assert one.together.accuracy.mean == pytest.approx(metrics.accuracy)
    assert one.together.identified.mean == pytest.approx(metrics.verdicts["identified"])
    assert one.together.expected_calibration_error == pytest.approx(metrics.expected_calibration_error)
    assert more


def test_without_a_gallery_an_existing_one_is_removed(
    measured: tuple[Path, Metrics], prepared: Dataset
) -> None:
    directory, _ = measured
    private = directory.parent / "private"
    shutil.copytree(directory, private)
    assert (private / "report" / "gallery").exists()

    evaluate(prepared, private, "test", threads=1, gallery=False)

    assert not (private / "report" / "gallery").exists()


def test_the_manifest_gets_the_headline(measured: tuple[Path, Metrics]) -> None:
    directory, metrics = measured

    headline = read_manifest(directory).metrics

    assert set(headline) == {
        "accuracy",
        "accuracy_interval",
        "calibration",
        "confused",
        "expected_calibration_error",
        "macro_f1",
        "macro_f1_interval",
        "median_inference_ms",
        "photos",
        "species",
        "split",
        "verdicts",
    }
    everything = json.loads(metrics.model_dump_json())
    # The pairs of the confusion matrix that are not zero.
    del headline["confused"]
    assert headline == {name: everything[name] for name in headline}


def test_metrics_of_another_split_are_not_written(model: Path, prepared: Dataset) -> None:
    before = files(model)

    metrics = evaluate(prepared, model, "validation", threads=1)

    assert metrics.photos == len(prepared.indices("validation"))
    assert files(model) == before


def test_metrics_of_another_data_set_are_not_written(
    model: Path, prepared: Dataset, class_folders: Path, tmp_path: Path
) -> None:
    other = tmp_path / "photos"
    shutil.copytree(class_folders, other)
    (other / "Maize" / "0.jpg").unlink()
    before = files(model)

    evaluate(prepared_again(other, tmp_path / "set"), model, "test", threads=1)

    assert files(model) == before


def test_photos_that_the_model_may_have_been_trained_on_are_refused(
    measured: tuple[Path, Metrics], class_folders: Path, tmp_path: Path
) -> None:
    resplit = prepared_again(class_folders, tmp_path / "set", seed=2)

    for split in SPLITS:
        with pytest.raises(TrainingError, match="split otherwise"):
            evaluate(resplit, measured[0], split, threads=1)


def test_photos_of_another_size_are_refused(model: Path, class_folders: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--size 72"):
        evaluate(prepared_again(class_folders, tmp_path / "other", size=80), model, "test", threads=1)


def test_other_species_are_refused(model: Path, class_folders: Path, tmp_path: Path) -> None:
    for folder in ("Maize", "Charlock"):
        shutil.copytree(class_folders / folder, tmp_path / "fewer" / folder)

    with pytest.raises(TrainingError, match="other species"):
        evaluate(prepared_again(tmp_path / "fewer", tmp_path / "set"), model, "test", threads=1)


def test_a_missing_folder_is_an_error_before_the_work_begins(
    model: Path, prepared: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.evaluation.evaluate.infer_all", lambda *_: pytest.fail("the work began"))

    with pytest.raises(TrainingError, match="is not a folder"):
        evaluate(prepared, model, "test", 1, {"fruits": tmp_path / "nowhere"})


def test_when_rendering_fails_nothing_is_written(
    model: Path, prepared: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(model)

    def broken(inputs: ReportInputs) -> None:
        raise TrainingError("no template")

    monkeypatch.setattr("training.evaluation.evaluate.render_report", broken)
    with pytest.raises(TrainingError, match="no template"):
        evaluate(prepared, model, "test", threads=1)
    assert files(model) == before


def test_the_command_prints_the_metrics_and_the_paths(
    model: Path, prepared: Dataset, seedlings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command(prepared.directory, model, unknown=[f"others={seedlings}"], threads=1)

    out = " ".join(capsys.readouterr().out.split())
    assert "others: 8 out-of-distribution photos" in out
    assert "2 photos of a plant together: accuracy" in out
    assert "1 file was not readable" in out
    assert all(name in out for name in ("sinapis-arvensis", "index.html", "MODEL_CARD.md"))


def test_the_command_reports_that_nothing_was_written(
    model: Path, prepared: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    command(prepared.directory, model, split="validation", threads=1)

    assert "Nothing was written" in capsys.readouterr().out
    assert not (model / "report").exists()
