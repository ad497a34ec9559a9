"""Choice and storage of the gallery."""

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier, Inference
from tests.support.tiny_model import manifest_of, tiny_model
from tests.unit.training.conftest import RECIPE
from training.data.dataset import Dataset
from training.evaluation.gallery import choose_gallery, write_gallery
from training.evaluation.plant_crop import crop_to_plant, leaf_mask


class ScriptedClassifier(Classifier):
    """A classifier with given outputs for each picture, and a given label for each crop."""

    def __init__(
        self,
        dataset: Dataset,
        outputs: dict[int, Inference],
        label_of_crop: Callable[[NDArray[np.uint8]], int] = lambda _: 0,
    ) -> None:
        model = tiny_model(RECIPE.size)
        super().__init__(model, manifest_of(model, RECIPE.size))
        self.outputs = {dataset.pictures[photo].tobytes(): output for photo, output in outputs.items()}
        self.label_of_crop = label_of_crop

    def infer(self, pixels: NDArray[np.uint8]) -> Inference:
        return self.outputs.get(pixels.tobytes()) or inference(self.label_of_crop(pixels), 0)


def inference(label: int, place: float) -> Inference:
    return Inference(np.eye(3, dtype=np.float32)[label], np.array([place, 0, 0, 0], np.float32))


def soil(leaf: int, label: int = 0, grain: int = 30) -> NDArray[np.uint8]:
    """Return brown soil with a square leaf in a corner, and a white label at the bottom."""
    picture = np.full((72, 72, 3), (110, 85, 60), np.int64)
    picture += np.random.default_rng(leaf).integers(-grain, grain + 1, (72, 72, 1))
    picture[4 : 4 + leaf, 4 : 4 + leaf] = (60, 130, 40)
    picture[72 - label :] = 230
    return picture.clip(0, 255).astype(np.uint8)


def drawn(
    *pictures: NDArray[np.uint8],
    places: list[float],
    wrong: int | None = None,
    label_of_crop: Callable[[NDArray[np.uint8]], int] = lambda _: 0,
) -> dict[str, bytes]:
    """Return the gallery of one species with the given photos and places of their embeddings."""
    card = SimpleNamespace(species=[SimpleNamespace(slug="zea-mays")])
    dataset: Any = SimpleNamespace(
        pictures=np.stack(pictures),
        labels=np.zeros(len(pictures), np.int64),
        card=card,
        indices=lambda _: np.arange(len(pictures)),
    )
    outputs = {number: inference(1 if number == wrong else 0, place) for number, place in enumerate(places)}
    return choose_gallery(ScriptedClassifier(dataset, outputs, label_of_crop), dataset)


def leaf_share(jpeg: bytes) -> float:
    return float(leaf_mask(np.asarray(Image.open(io.BytesIO(jpeg)))).mean())


def test_the_photo_with_a_clear_plant_is_chosen_and_cropped_to_it() -> None:
    pictures = (soil(10), soil(22), soil(30, label=30), soil(12), soil(8))

    chosen = drawn(*pictures, places=[0, 0, 0, 0, 0])

    assert list(chosen) == ["zea-mays"]
    # Half the picture, with the leaf of 22 pixels in it.
    assert Image.open(io.BytesIO(chosen["zea-mays"])).size == (36, 36)
    assert leaf_share(chosen["zea-mays"]) == pytest.approx(22**2 / 36**2, abs=0.1)


def test_of_clear_photos_the_most_typical_is_first_and_a_wrong_one_is_never_chosen() -> None:
    even = tuple(np.roll(soil(24), shift, axis=1) for shift in (0, 1, 2, 3))

    chosen = drawn(*even, places=[0, 3, 4, 9], wrong=2)

    # The mean is at 4, where the photo is misclassified.
    assert chosen["zea-mays"] == drawn(even[1], places=[0])["zea-mays"]


def test_a_crop_that_is_no_longer_recognised_is_not_shown() -> None:
    clear, other = soil(24), soil(22)

    def label_of_crop(pixels: NDArray[np.uint8]) -> int:
        return int(leaf_mask(pixels).mean() > 0.5)  # of the clear one alone

    assert list(drawn(clear, other, places=[0, 0])) == ["zea-mays", "zea-mays.2"]
    chosen = drawn(clear, other, places=[0, 0], label_of_crop=label_of_crop)
    assert chosen == drawn(other, places=[0])


def test_a_species_whose_crops_are_not_recognised_is_shown_all_the_same() -> None:
    picture = soil(24)

    chosen = drawn(picture, places=[0], label_of_crop=lambda _: 1)

    assert chosen == drawn(picture, places=[0])


def test_a_species_without_a_correct_answer_has_no_photo(prepared: Dataset) -> None:
    answers = {int(photo): inference(0, 0) for photo in prepared.indices("train")}

    chosen = choose_gallery(ScriptedClassifier(prepared, answers), prepared)
    assert {name.partition(".")[0] for name in chosen} == {prepared.card.species[0].slug}


def test_pictures_are_small_jpegs_without_metadata(prepared: Dataset) -> None:
    answers = {int(photo): inference(int(prepared.labels[photo]), 0) for photo in prepared.indices("train")}

    for jpeg in choose_gallery(ScriptedClassifier(prepared, answers), prepared).values():
        image = Image.open(io.BytesIO(jpeg))
        assert image.format == "JPEG"
        assert RECIPE.size // 2 <= image.width == image.height <= RECIPE.size
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_photo_without_leaves_is_not_cropped() -> None:
    assert crop_to_plant(soil(0)).shape == (72, 72, 3)


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
