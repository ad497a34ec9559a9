"""A kit travels, a detector learns with it, and comes back as a run."""

import json
from pathlib import Path

import numpy as np
import pytest

from training.data.dataset import Dataset
from training.detection.accelerator import pack_scenes as packing
from training.detection.accelerator import scene_kit
from training.detection.accelerator import train as learning
from training.detection.accelerator.pack_scenes import pack_scenes
from training.detection.accelerator.scene_kit import SceneKit, read_kit
from training.detection.accelerator.train import DetectorPlan, train
from training.detection.accelerator.unpack_detector import unpack_detector
from training.detection.detection_dataset import DetectionDataset
from training.detection.detector_run import DetectorRun
from training.detection.scene_config import SceneConfig
from training.errors import TrainingError

CONFIG = SceneConfig(plants=(1, 1), scales=(0.3, 0.6))


@pytest.fixture
def folder(
    prepared: Dataset, annotated: DetectionDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    monkeypatch.setattr(packing, "_write_stem", lambda weights, path: None)
    monkeypatch.setattr(scene_kit, "TEXTURE_COUNT", 20)
    pack_scenes([prepared.directory], [], annotated, "none", tmp_path / "kit", CONFIG, seed=1)
    return tmp_path / "kit"


@pytest.fixture
def kit(folder: Path) -> SceneKit:
    return read_kit(folder, workers=1)


def test_a_kit_holds_training_plants_and_validation_scenes(
    kit: SceneKit, annotated: DetectionDataset
) -> None:
    validation = annotated.indices("validation")

    assert kit.labels == annotated.slugs
    assert int(kit.bank.count.sum()) == len(kit.bank.sides) > 0
    assert len(kit.validation.pixels) == len(validation)
    boxes = kit.validation.boxes[0][kit.validation.states[0] != 0]
    first = int(validation[0])
    np.testing.assert_allclose(boxes, annotated.letterbox(first).to_square(annotated.boxes(first)))
    difference = kit.validation.pixels[0].astype(int) - annotated.pictures[first]
    assert np.abs(difference).mean() < 8


def test_a_kit_is_not_overwritten(folder: Path, prepared: Dataset, annotated: DetectionDataset) -> None:
    with pytest.raises(TrainingError, match="holds a kit already"):
        pack_scenes([prepared.directory], [], annotated, "none", folder, CONFIG, seed=1)


def test_a_detector_learns_and_comes_back(
    kit: SceneKit,
    folder: Path,
    annotated: DetectionDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(learning, "TIMED", 4)
    plan = DetectorPlan("five_convolutions", seconds=0, batch=2, width=8)
    train(plan, kit, None, tmp_path / "out")
    run = DetectorRun(tmp_path / "run")

    unpack_detector(tmp_path / "out", plan.name, folder, annotated, run)

    stem, head = run.trained()
    assert stem is None
    assert head.count_params() > 0
    assert (
        run.settings().composed_scenes
        == 2 * json.loads((tmp_path / "out" / f"{plan.name}.json").read_text())["steps"]
    )
    with pytest.raises(TrainingError, match="exists already"):
        unpack_detector(tmp_path / "out", plan.name, folder, annotated, run)
    with pytest.raises(TrainingError, match="does not hold the detector xception"):
        unpack_detector(tmp_path / "out", "xception", folder, annotated, DetectorRun(tmp_path / "other"))
