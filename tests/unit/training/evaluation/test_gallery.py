"""Choice and storage of the gallery."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier, Inference
from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.conftest import RECIPE
from training.data.dataset import Dataset
from training.evaluation.gallery import choose_gallery, write_gallery


class ScriptedClassifier(Classifier):
    """A classifier with given outputs for each picture."""

    def __init__(self, dataset: Dataset, outputs: dict[int, Inference]) -> None:
        model = tiny_model(RECIPE.size)
        super().__init__(model, manifest_of(model, RECIPE.size))
        self.outputs = {dataset.pictures[photo].tobytes(): output for photo, output in outputs.items()}

    def infer(self, pixels: NDArray[np.uint8]) -> Inference:
        return self.outputs[pixels.tobytes()]


def inference(label: int, place: float) -> Inference:
    return Inference(np.eye(3, dtype=np.float32)[label], np.array([place, 0, 0, 0], np.float32))


def shown_by(jpeg: bytes, dataset: Dataset, photos: list[int]) -> int:
    pixels = np.asarray(Image.open(io.BytesIO(jpeg)), float)
    return min(photos, key=lambda photo: float(np.abs(pixels - dataset.pictures[photo]).mean()))


def test_the_correct_photo_nearest_to_the_mean_is_chosen(prepared: Dataset) -> None:
    training = prepared.indices("train")
    photos = {label: [int(p) for p in training if prepared.labels[p] == label] for label in range(3)}
    answers = {
        photo: inference(label, place)
        for label in range(3)
        for photo, place in zip(photos[label], (0, 3, 4, 9), strict=True)
    }
    # The mean is at 4; in the first species the nearest photo is misclassified.
    answers[photos[0][2]] = inference(1, 4)

    chosen = choose_gallery(ScriptedClassifier(prepared, answers), prepared)

    assert list(chosen) == [species.slug for species in prepared.card.species]
    shown = [shown_by(jpeg, prepared, photos[label]) for label, jpeg in enumerate(chosen.values())]
    assert shown == [photos[0][1], photos[1][2], photos[2][2]]


def test_a_species_without_a_correct_answer_has_no_photo(prepared: Dataset) -> None:
    answers = {int(photo): inference(0, 0) for photo in prepared.indices("train")}

    assert list(choose_gallery(ScriptedClassifier(prepared, answers), prepared)) == [
        prepared.card.species[0].slug
    ]


def test_pictures_are_small_jpegs_without_metadata(prepared: Dataset) -> None:
    answers = {int(photo): inference(int(prepared.labels[photo]), 0) for photo in prepared.indices("train")}

    for jpeg in choose_gallery(ScriptedClassifier(prepared, answers), prepared).values():
        image = Image.open(io.BytesIO(jpeg))
        assert (image.format, image.size) == ("JPEG", (RECIPE.size, RECIPE.size))
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_gallery_replaces_the_previous_one(tmp_path: Path) -> None:
    report = tmp_path / "report"
    report.mkdir()
    write_gallery(report, {"maize": b"old", "wheat": b"old"})
    write_gallery(report, {"maize": b"new"})

    assert names(tmp_path) == ["report/gallery/maize.jpg"]
    assert (report / "gallery" / "maize.jpg").read_bytes() == b"new"

    write_gallery(report, {})
    assert names(tmp_path) == []
    assert not (report / "gallery").exists()


def test_a_failed_write_keeps_the_previous_gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = tmp_path / "report"
    report.mkdir()
    write_gallery(report, {"maize": b"old"})
    write = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if data == b"too much":
            raise OSError(28, "No space left on device")
        return write(path, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_gallery(report, {"maize": b"new", "wheat": b"too much"})
    assert names(tmp_path) == ["report/gallery/maize.jpg"]
    assert (report / "gallery" / "maize.jpg").read_bytes() == b"old"
