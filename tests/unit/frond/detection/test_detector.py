"""A loaded detector, and its manifest."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from frond.detection import PLANT, Detector, read_detection_manifest
from frond.detection.detection_manifest import ConfidenceScaling
from frond.manifest import read_manifest
from frond.problems import InvalidModel
from tests.support.tiny_detector import PLANTS, SIZE, SLUGS, PlacedPlant, detector_folder
from tests.support.tiny_registry import model_folder


def test_the_plants_come_with_the_most_confident_first(tmp_path: Path) -> None:
    folder, _ = detector_folder(tmp_path)
    first, second = Detector.load(folder).detect(np.zeros((SIZE, SIZE, 3), np.uint8))
    assert (first.label, second.label) == (SLUGS[0], PLANT)
    assert first.confidence > second.confidence > 0.5
    assert first.label_confidence > 0.9 > second.label_confidence
    assert first.box.in_pixels(SIZE, SIZE) == pytest.approx(PLANTS[0].box, abs=1)


def test_boxes_are_fractions_of_the_photo(tmp_path: Path) -> None:
    folder, _ = detector_folder(tmp_path, [PlacedPlant((8, 22, 40, 46))])
    (found,) = Detector.load(folder).detect(np.zeros((300, 600, 3), np.uint8))
    # The photo covers rows 16 to 48 of the square.
    assert found.box.xmin == pytest.approx(8 / 64, abs=0.01)
    assert found.box.ymin == pytest.approx(6 / 32, abs=0.02)
    assert found.box.ymax == pytest.approx(30 / 32, abs=0.02)


def test_a_photo_without_plants_has_no_detection(tmp_path: Path) -> None:
    folder, _ = detector_folder(tmp_path, [])
    assert Detector.load(folder).detect(np.zeros((90, 50, 3), np.uint8)) == ()


def test_a_classifier_is_no_detector_and_the_reverse(tmp_path: Path) -> None:
    detector, _ = detector_folder(tmp_path / "detector")
    classifier, _ = model_folder(tmp_path / "classifier")
    with pytest.raises(InvalidModel, match="a model for detection, not for classification"):
        read_manifest(detector)
    with pytest.raises(InvalidModel, match="a model for classification, not for detection"):
        Detector.load(classifier)


def test_other_bytes_and_other_shapes_are_refused(tmp_path: Path) -> None:
    folder, manifest = detector_folder(tmp_path)
    larger = manifest.model_copy(update={"input": manifest.input.model_copy(update={"size": 128})})
    (folder / "manifest.json").write_text(larger.model_dump_json(), encoding="utf-8")
    with pytest.raises(InvalidModel, match="its manifest requires"):
        Detector.load(folder)
    with (folder / "model.tflite").open("ab") as file:
        file.write(b"!")
    with pytest.raises(InvalidModel, match="does not match"):
        Detector.load(folder)
    (folder / "model.tflite").unlink()
    with pytest.raises(InvalidModel, match="no readable model"):
        Detector.load(folder)


def test_a_detector_of_an_earlier_format_is_to_be_trained_again(tmp_path: Path) -> None:
    folder, manifest = detector_folder(tmp_path)
    earlier = manifest.model_dump(mode="json") | {"format_version": 1}
    (folder / "manifest.json").write_text(json.dumps(earlier), encoding="utf-8")
    with pytest.raises(InvalidModel, match="exported by an earlier version; train or export it again"):
        Detector.load(folder)


@pytest.mark.parametrize("content", ["[]", "{", '{"task": "detection"}', '{"task": 3}'])
def test_an_unreadable_manifest_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(InvalidModel, match=r"manifest\.json"):
        read_detection_manifest(tmp_path)


def test_a_confidence_and_its_score_are_inverse() -> None:
    scaling = ConfidenceScaling(slope=1.7, offset=-0.4)
    score = np.array([scaling.score(0.3)], np.float32)
    assert scaling.confidences(score)[0] == pytest.approx(0.3)


def test_only_loading_imports_litert() -> None:
    script = (
        "import json, sys, frond.detection, frond.registry; "
        "print(json.dumps([m for m in sys.modules if 'litert' in m]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []
