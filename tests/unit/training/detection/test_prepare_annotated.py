"""Preparation of annotated photos: what is left out is on the card."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.data.prepare import License
from training.data.split import SplitConfig
from training.data.taxonomy import DEFAULT_TABLE, Taxonomy
from training.detection.annotation_source import read_annotations
from training.detection.annotations import PLANT, AnnotatedPhoto, LabelledBox
from training.detection.detection_dataset import DetectionDataset
from training.detection.prepare import prepare
from training.detection.voc import format_voc
from training.errors import TrainingError

SPLITS = SplitConfig({"train": 0.5, "validation": 0.25, "test": 0.25})
WIDTH, HEIGHT = 80, 60


def photo(folder: Path, name: str, seed: int, boxes: list[LabelledBox] | None, **stated: int) -> None:
    """Write a photo, and its annotation unless there are no boxes."""
    folder.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (HEIGHT // 10, WIDTH // 10, 3), dtype=np.uint8)
    Image.fromarray(pixels).resize((WIDTH, HEIGHT)).save(folder / f"{name}.png")
    if boxes is not None:
        size = {"width": WIDTH, "height": HEIGHT} | stated
        annotated = AnnotatedPhoto(f"{name}.png", size["width"], size["height"], boxes)
        (folder / f"{name}.xml").write_text(format_voc(annotated), encoding="utf-8")


def maize(xmin: float = 1, ymin: float = 2, xmax: float = 30, ymax: float = 40) -> LabelledBox:
    return LabelledBox("Maize", xmin, ymin, xmax, ymax)


def prepared(root: Path, folder: Path, coco: Path | None = None, size: int = 64) -> DetectionDataset:
    source = read_annotations(root, coco)
    prepare(root, source, folder, size, Taxonomy(DEFAULT_TABLE), SPLITS, 1, License())
    return DetectionDataset(folder)


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> DetectionDataset:
    """A set with every fault that annotation files have."""
    root = tmp_path_factory.mktemp("faulty") / "photos"
    photo(root, "good", 1, [maize(), LabelledBox(PLANT, 40, 2, 70, 50)])
    photo(root, "no-size", 2, [maize()], width=0, height=0)
    photo(root, "empty", 3, [])
    photo(root, "turned", 4, [maize()], width=HEIGHT, height=WIDTH)
    photo(root, "edges", 5, [maize(xmax=999), maize(xmin=200, xmax=300), maize(xmin=30, xmax=20), maize()])
    photo(root, "bare", 6, None)
    photo(root, "unknown", 7, [LabelledBox("Triffid", 0, 0, 9, 9)])
    photo(root, "many", 8, [maize(x, 1, x + 2, 9) for x in range(70)] * 72)
    photo(root, "twice", 9, [maize()])
    second = format_voc(AnnotatedPhoto("twice.png", WIDTH, HEIGHT, [maize(xmax=20)]))
    (root / "other.xml").write_text(second, encoding="utf-8")
    (root / "lost.xml").write_text(format_voc(AnnotatedPhoto("lost.png", 9, 9, [])), encoding="utf-8")
    (root / "bomb.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><annotation/>', encoding="utf-8")
    photo(root, "damaged", 10, [maize()])
    (root / "damaged.png").write_bytes((root / "damaged.png").read_bytes()[:60])
    return prepared(root, tmp_path_factory.mktemp("sets") / "set")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("turned.png", "Its boxes are for 60 × 80 px; upright it has 80 × 60 px"),
        ("edges.png, box 2 (Maize)", "It is outside the photo: 200, 2, 300, 40"),
        ("edges.png, box 3 (Maize)", "It is empty or inverted: 30, 2, 20, 40"),
        ("bare.png", "It has no annotation; one without boxes marks a photo without plants"),
        ("twice.png", "It has different annotations, in other.xml, twice.xml"),
        ("lost.xml", "There is no photo lost.png"),
        ("bomb.xml", "bomb.xml declares XML entities or a DTD, which no annotation needs."),
    ],
)
def test_what_is_left_out_is_on_the_card(faulty: DetectionDataset, source: str, reason: str) -> None:
    assert [bad.reason for bad in faulty.card.bad_files if bad.source == source] == [reason]
    assert f"- `{source}`: {reason}" in faulty.card.markdown()


def test_nothing_else_is_left_out(faulty: DetectionDataset) -> None:
    assert [row.source for row in faulty.rows] == [
        f"{name}.png" for name in ("edges", "empty", "good", "many", "no-size", "unknown")
    ]
    assert len(faulty.card.bad_files) == 8
    assert [(each.source, each.reason) for each in faulty.card.clipped] == [
        ("edges.png, box 1 (Maize)", "It was 1, 2, 999, 40")
    ]
    assert faulty.card.without_boxes == 1


def test_classes_are_species_or_named_as_in_the_file(faulty: DetectionDataset) -> None:
    assert faulty.slugs == ["triffid", "zea-mays"]
    good = [row.source for row in faulty.rows].index("good.png")
    assert faulty.classes(good).tolist() == [1, -1]
    notes = "\n".join(faulty.card.notes)
    assert "not in the species table, so named as in the annotations: triffid" in notes
    assert "many.png (5040)" in notes


def test_pictures_are_letterboxed_and_boxes_fit_them(faulty: DetectionDataset) -> None:
    assert faulty.pictures.shape == (6, 64, 64, 3)
    assert faulty.photo(0).shape == (48, 64, 3)
    assert (faulty.pictures[0, :8] == 127).all()
    good = [row.source for row in faulty.rows].index("good.png")
    square = faulty.letterbox(good).to_square(faulty.boxes(good))
    np.testing.assert_allclose(square[0], [0.8, 9.6, 24, 40], atol=1e-4)


def test_coco_files_name_photos_from_the_folder(tmp_path: Path) -> None:
    root = tmp_path / "photos"
    photo(root / "a", "one", 1, None)
    photo(root / "b", "one", 2, None)
    names = ["a/one.png", "b/one.png", "c/one.png", "../one.png"]
    document = {
        "images": [{"id": n, "file_name": name} for n, name in enumerate(names)],
        "categories": [{"id": 1, "name": "Maize"}],
        "annotations": [{"image_id": n, "category_id": 1, "bbox": [1, 2, 3, 4]} for n in range(4)],
    }
    (tmp_path / "all.json").write_text(json.dumps(document), encoding="utf-8")
    dataset = prepared(root, tmp_path / "set", tmp_path / "all.json")
    assert [row.source for row in dataset.rows] == names[:2]
    assert {bad.reason for bad in dataset.card.bad_files} == {"There is no such photo in the folder"}


def test_a_source_without_annotated_photos(tmp_path: Path) -> None:
    photo(tmp_path / "photos", "bare", 1, None)
    with pytest.raises(TrainingError, match="has no annotated photo"):
        read_annotations(tmp_path / "photos")
    with pytest.raises(TrainingError, match="is not a folder"):
        read_annotations(tmp_path / "nowhere")


def test_a_size_that_no_network_takes(scenes: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="such as 96 or 112, not 100"):
        prepared(scenes, tmp_path / "set", size=100)
    assert not (tmp_path / "set").exists()


def test_an_existing_folder_is_left_alone(faulty: DetectionDataset, scenes: Path) -> None:
    with pytest.raises(TrainingError, match="exists already"):
        prepared(scenes, faulty.directory)
