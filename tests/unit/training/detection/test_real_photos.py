"""The hand-drawn boxes fit their photos."""

import hashlib
from pathlib import Path
from xml.etree import ElementTree as ET

from PIL import Image

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "training" / "detection" / "real_photos"


def parsed() -> dict[Path, ET.Element]:
    return {path: ET.fromstring(path.read_text("utf-8")) for path in sorted(FOLDER.rglob("*.xml"))}


def number(element: ET.Element, path: str) -> int:
    return int(element.findtext(path) or "")


def test_each_box_lies_in_its_photo() -> None:
    counted = 0
    for path, annotation in parsed().items():
        width, height = number(annotation, "size/width"), number(annotation, "size/height")
        for plant in annotation.iter("object"):
            edges = [number(plant, f"bndbox/{name}") for name in ("xmin", "ymin", "xmax", "ymax")]
            assert 1 <= edges[0] < edges[2] <= width, path
            assert 1 <= edges[1] < edges[3] <= height, path
            counted += plant.findtext("difficult") == "0"
    assert counted == 76


def test_no_two_photos_have_the_same_name() -> None:
    names = [annotation.findtext("filename") for annotation in parsed().values()]
    assert len(set(names)) == len(names) == 50


def test_the_sample_photos_are_those_that_were_annotated() -> None:
    for path, annotation in parsed().items():
        if path.parent.name != "events":
            continue
        photo = ROOT / "events" / "photos" / (annotation.findtext("filename") or "")
        assert hashlib.sha256(photo.read_bytes()).hexdigest() == annotation.findtext("source/sha256")
        with Image.open(photo) as image:
            assert image.size == (number(annotation, "size/width"), number(annotation, "size/height"))
