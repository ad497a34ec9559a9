"""Pascal VOC and COCO files: read, written back, and refused."""

import json
from pathlib import Path

import pytest

from training.detection.annotation_files import write_coco, write_voc
from training.detection.annotation_source import read_annotations
from training.detection.annotations import AnnotatedPhoto, LabelledBox
from training.detection.coco import format_coco, parse_coco
from training.detection.detection_dataset import DetectionDataset
from training.detection.voc import format_voc, parse_voc
from training.errors import TrainingError

PHOTO = AnnotatedPhoto(
    "JPEGImages/a.jpg",
    400,
    300,
    [
        LabelledBox("maize", 0, 0, 1, 1, truncated=True, pose="Frontal"),
        LabelledBox("fat hen & <others>", 10.5, 20.25, 399, 300, difficult=True, occluded=False, pose="Left"),
    ],
)
BOMB = """<?xml version="1.0"?><!DOCTYPE bomb [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<annotation><filename>&b;</filename></annotation>"""


def test_voc_there_and_back() -> None:
    text = format_voc(PHOTO)
    read = parse_voc(text.encode(), "a.xml")
    assert (read.file, read.width, read.height) == ("a.jpg", 400, 300)
    assert read.boxes == PHOTO.boxes
    assert format_voc(AnnotatedPhoto(PHOTO.file, read.width, read.height, read.boxes)) == text


def test_voc_counts_pixels_from_one_and_includes_the_last() -> None:
    text = format_voc(AnnotatedPhoto("a.jpg", 9, 9, [LabelledBox("maize", 0, 0, 1, 1)]))
    assert "".join(text.split()).count("1</") == 4


def test_coco_there_and_back() -> None:
    document = format_coco([PHOTO, AnnotatedPhoto("b.jpg", 8, 8, [])], ["maize", "unused"])
    photos, bad = parse_coco(json.dumps(document).encode(), "all.json")
    assert bad == []
    assert format_coco(photos, ["maize", "unused"]) == document
    assert [category["name"] for category in document["categories"]] == [
        "maize",
        "unused",
        "fat hen & <others>",
    ]
    first, second = photos[0].boxes
    assert (first.xmax, second.ymin, second.difficult) == (1, 20.25, True)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB, "declares XML entities"),
        ("<annotation>", "not a readable Pascal VOC file"),
        ("<svg/>", "its root is <svg>"),
        ("<annotation><object><name>a</name></object></annotation>", "no number in bndbox/xmin"),
        ("<annotation><object></object></annotation>", "has no name"),
        ("<annotation><size><width>wide</width></size></annotation>", "not a readable Pascal VOC file"),
        ("<annotation><size><width>1e999</width></size></annotation>", "not a readable Pascal VOC file"),
        ("\x00", "not a readable Pascal VOC file"),
    ],
)
def test_a_file_that_is_not_voc(content: str, reason: str) -> None:
    with pytest.raises(TrainingError, match=reason):
        parse_voc(content.encode(), "a.xml")


@pytest.mark.parametrize("content", ["", "[]", '{"images": []}', '{"images": [{"id": "x"}]}'])
def test_a_file_that_is_not_coco(content: str) -> None:
    with pytest.raises(TrainingError, match=r"all\.json is not a COCO file"):
        parse_coco(content.encode(), "all.json")


def test_coco_annotations_of_nothing_are_listed() -> None:
    document = format_coco([PHOTO])
    document["annotations"][0]["image_id"] = 9
    document["annotations"][1]["category_id"] = 8
    _, bad = parse_coco(json.dumps(document).encode(), "all.json")
    assert [each.reason for each in bad] == ["There is no image 9", "There is no category 8"]


def test_a_prepared_set_is_written_back_without_loss(
    annotated: DetectionDataset, scenes: Path, tmp_path: Path
) -> None:
    write_voc(annotated, tmp_path / "voc")
    write_coco(annotated, tmp_path / "all.json")

    original = {photo.file: photo.boxes for photo in read_annotations(scenes).photos}
    from_coco = read_annotations(scenes, tmp_path / "all.json")
    assert {photo.file for photo in from_coco.photos} == original.keys()
    for path in sorted((tmp_path / "voc" / "Annotations").glob("*.xml")):
        copy = parse_voc(path.read_bytes(), path.name)
        assert copy.boxes == original[f"JPEGImages/{copy.file}"]
    for photo in from_coco.photos:
        edges = [(box.label, box.xmin, box.ymin, box.xmax, box.ymax, box.difficult) for box in photo.boxes]
        assert edges == [
            (box.label, box.xmin, box.ymin, box.xmax, box.ymax, box.difficult) for box in original[photo.file]
        ]
    lists = tmp_path / "voc" / "ImageSets" / "Main"
    assert (lists / "val.txt").read_bytes() == (scenes / "ImageSets" / "Main" / "val.txt").read_bytes()
    with pytest.raises(TrainingError, match="exists already"):
        write_voc(annotated, tmp_path / "voc")
