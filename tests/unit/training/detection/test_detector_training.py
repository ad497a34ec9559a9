"""A detector from composed scenes to an exported, measured model."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import pytest

from frond.detection import PLANT, Detector, read_detection_manifest
from frond.problems import InvalidModel
from training.detection.detection_dataset import DetectionDataset
from training.detection.detection_network import CUTS, training_network
from training.detection.detector_evaluation import evaluate
from training.detection.detector_export import export
from training.detection.detector_run import DetectorHyperparameters, DetectorRun
from training.detection.detector_shape import STRIDE
from training.detection.fit import fit
from training.errors import TrainingError
from training.fitting.checkpoint import Checkpoints
from training.fitting.history import History
from training.networks.network import build

pytestmark = pytest.mark.slow
TINY = DetectorHyperparameters(
    backbone="small_cnn", weights="none", learn_backbone=True, epochs=2, batch=4, width=16
)


@pytest.fixture(scope="module", autouse=True)
def small_stem() -> Iterator[None]:
    """The smallest backbone as a stem."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(CUTS, "small_cnn", ("block3_relu", "block4_relu"))
        yield


@pytest.fixture(scope="module")
def run(annotated: DetectionDataset, tmp_path_factory: pytest.TempPathFactory) -> DetectorRun:
    """A run that was stopped after its first epoch, and resumed."""
    run = DetectorRun(tmp_path_factory.mktemp("detector") / "run")
    save = Checkpoints.save

    def save_and_stop(self: Checkpoints, learner: object, epochs: int) -> None:
        save(self, learner, epochs)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Checkpoints, "save", save_and_stop)
        with pytest.raises(KeyboardInterrupt):
            fit(annotated, run, TINY)
    with pytest.raises(TrainingError, match="has not finished"):
        run.trained()
    fit(annotated, run, TINY)
    # The best precision of this machine is no business of other tests.
    keras.mixed_precision.set_global_policy("float32")
    return run


@pytest.fixture(scope="module")
def model(run: DetectorRun, annotated: DetectionDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "model"
    export(annotated, run, folder)
    return folder


def test_a_resumed_run_goes_on_learning(run: DetectorRun) -> None:
    rows = History(run.history).rows
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["loss"] < rows[0]["loss"]


def test_the_backbone_has_learned_with_the_head(run: DetectorRun, annotated: DetectionDataset) -> None:
    _, checkpoint = run.checkpoints.latest() or pytest.fail("there is no checkpoint")
    learner = keras.models.load_model(checkpoint, compile=False)
    stem, head = run.trained()
    assert stem is not None
    photos = annotated.pictures[:2].astype(np.float32)
    np.testing.assert_allclose(
        training_network(head, stem).predict_on_batch(photos), learner.predict_on_batch(photos), atol=1e-4
    )
    gamma = stem.get_layer("cut").get_layer("block1_bn").get_weights()[0]
    assert (gamma != 1).any()


def test_the_maps_of_a_frozen_backbone_are_computed_once(annotated: DetectionDataset, tmp_path: Path) -> None:
    weights = tmp_path / "best.weights.h5"
    build(2, annotated.card.size, backbone="small_cnn").save_weights(weights)
    frozen = TINY.model_copy(update={"weights": str(weights), "learn_backbone": False, "epochs": 1})
    run = DetectorRun(tmp_path / "run")
    fit(annotated, run, frozen)
    side = annotated.card.size // STRIDE
    fine, deep = (np.load(path, mmap_mode="r") for path in run.features("train"))
    assert (fine.shape, deep.shape) == ((2, 12, side, side, 64), (2, 12, side // 2, side // 2, 96))
    stem, head = run.trained()
    assert stem is not None
    photos = annotated.pictures[annotated.indices("train")[:2]].astype(np.float32)
    np.testing.assert_allclose(stem.predict_on_batch(photos)[1], deep[0, :2], rtol=0.01, atol=0.01)
    assert head.output["plant"].shape == (None, side, side, 1)
    assert not (run.directory / "stem.weights.h5").exists()


def test_a_frozen_backbone_needs_weights(annotated: DetectionDataset, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="--learn-backbone"):
        fit(annotated, DetectorRun(tmp_path / "run"), TINY.model_copy(update={"learn_backbone": False}))
    assert not (tmp_path / "run").exists()


def test_a_run_keeps_its_settings(run: DetectorRun, annotated: DetectionDataset) -> None:
    with pytest.raises(TrainingError, match="other settings"):
        fit(annotated, run, TINY.model_copy(update={"epochs": 3}))


def test_an_exported_detector_finds_boxes_within_the_photo(model: Path, annotated: DetectionDataset) -> None:
    detector = Detector.load(model)
    found = detector.candidates(annotated.photo(0), 0.001)
    assert len(found.scores) > 0
    assert (found.boxes >= 0).all()
    assert (found.boxes <= 1).all()
    assert (np.diff(found.scores) <= 0).all()
    labels = {label.slug for label in detector.manifest.labels} | {PLANT}
    for detection in detector.detect(annotated.photo(0)):
        assert detection.label in labels
        assert detection.confidence >= detector.manifest.min_confidence


def test_evaluation_writes_the_metrics_of_the_test_split(model: Path, annotated: DetectionDataset) -> None:
    metrics, photos = evaluate(annotated, model, "test", 1)
    assert metrics.photos == len(photos) == 4
    assert 0 <= metrics.scores.plants.mean <= metrics.scores.plants.at_50 <= 1
    assert [photo.errors for photo in photos] == sorted((photo.errors for photo in photos), reverse=True)
    assert read_detection_manifest(model).metrics["plants_map"] == metrics.scores.plants.mean
    assert "Model card" in (model / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_a_detector_of_other_bytes_is_refused(model: Path, tmp_path: Path) -> None:
    for name in ("manifest.json", "model.tflite"):
        (tmp_path / name).write_bytes((model / name).read_bytes())
    with (tmp_path / "model.tflite").open("ab") as file:
        file.write(b"!")
    with pytest.raises(InvalidModel, match="does not match"):
        Detector.load(tmp_path)
