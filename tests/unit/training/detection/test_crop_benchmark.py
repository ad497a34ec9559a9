"""Classification of a detected plant against that of the centre square."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond.classifier import Candidate, Classifier, ClassifierOutput
from frond.detection import Detector
from frond.manifest import SpeciesLabel
from tests.support.tiny_detector import PlacedPlant, detector_folder
from training.detection.annotations import AnnotatedPhoto, LabelledBox
from training.detection.crop_benchmark import CropScores, compare_crops
from training.errors import TrainingError

SPECIES = [SpeciesLabel(slug=slug, scientific_name=slug) for slug in ("red", "blue")]


class ColourClassifier:
    """A classifier that knows red from blue by the mean of the square."""

    def __init__(self) -> None:
        size = type("Input", (), {"size": 32})
        self.manifest = type("Colours", (), {"labels": SPECIES, "input": size})

    def classify(self, pixels: np.ndarray) -> ClassifierOutput:
        red, _, blue = pixels.mean(axis=(0, 1))
        best = SPECIES[0] if red > blue else SPECIES[1]
        return ClassifierOutput("identified", [Candidate(best, 1.0)])


def test_a_plant_beside_the_centre_is_found_by_its_crop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[:, :, 2] = 200
    pixels[4:20, 4:20] = (250, 0, 0)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    folder, _ = detector_folder(tmp_path / "detector", [PlacedPlant((4, 4, 20, 20))])
    photo = AnnotatedPhoto("a.png", 64, 64, [LabelledBox("red", 4, 4, 20, 20)])
    passed_over = AnnotatedPhoto("b.png", 64, 64, [LabelledBox("green", 4, 4, 20, 20)])
    classifier: Classifier = ColourClassifier()  # type: ignore[assignment]  # it has what is used
    monkeypatch.setattr(
        "training.detection.crop_benchmark.read_photo",
        lambda data, spec: type("Read", (), {"pixels": pixels}),
    )

    found = compare_crops(tmp_path, [photo, passed_over], Detector.load(folder), classifier)

    assert {name: scores.accuracy for name, scores in found.items()} == {
        "centre square": 0.0,
        "crop of the surest detection": 1.0,
        "crop of the true box": 1.0,
    }
    with pytest.raises(TrainingError, match="one species"):
        compare_crops(tmp_path, [passed_over], Detector.load(folder), classifier)


def test_shares_of_verdicts() -> None:
    scores = CropScores(
        [True, True, False, False], ["identified", "uncertain", "identified", "not_recognised"]
    )
    assert scores.identified_rightly == 0.25
    assert scores.share("not_recognised") == 0.25
