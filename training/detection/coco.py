"""COCO annotation files for detection (Lin et al. 2014, arXiv:1405.0312; cocodataset.org/#format-data).

A box is its upper left corner, width and height in pixels, counted from 0.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from training.data.card import BadFile
from training.detection.annotations import AnnotatedPhoto, LabelledBox
from training.errors import TrainingError


class _Image(BaseModel):
    id: int
    file_name: str
    width: int = 0
    height: int = 0


class _Category(BaseModel):
    id: int
    name: str = Field(min_length=1)


class _Annotation(BaseModel):
    id: int | None = None
    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    iscrowd: bool = False


class _File(BaseModel):
    images: list[_Image]
    categories: list[_Category]
    annotations: list[_Annotation]


def parse_coco(content: bytes, source: str) -> tuple[list[AnnotatedPhoto], list[BadFile]]:
    """Parse an annotation file; return its photos, and the annotations that are of none.

    Raises
    ------
    training.errors.TrainingError
        The file is not COCO.
    """
    try:
        parsed = _File.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise TrainingError(f"{source} is not a COCO file: {place}: {first['msg']}.") from error
    names = {category.id: category.name for category in parsed.categories}
    images = {image.id for image in parsed.images}
    boxes: dict[int, list[LabelledBox]] = defaultdict(list)
    bad = []
    for number, annotation in enumerate(parsed.annotations):
        named = f"{source}#{number if annotation.id is None else annotation.id}"
        if annotation.image_id not in images:
            bad.append(BadFile(source=named, reason=f"There is no image {annotation.image_id}"))
        elif annotation.category_id not in names:
            bad.append(BadFile(source=named, reason=f"There is no category {annotation.category_id}"))
        else:
            boxes[annotation.image_id].append(_box(annotation, names[annotation.category_id]))
    photos = [
        AnnotatedPhoto(image.file_name, image.width, image.height, boxes[image.id]) for image in parsed.images
    ]
    return photos, bad


def format_coco(photos: Sequence[AnnotatedPhoto], labels: Iterable[str] = ()) -> dict[str, Any]:
    """Return photos as a COCO file; categories are numbered from 1 in the order of ``labels``.

    Parameters
    ----------
    labels
        Categories that come first, also where no box has them.
    """
    used = sorted({box.label for photo in photos for box in photo.boxes} - set(labels))
    numbers = {label: number for number, label in enumerate([*labels, *used], start=1)}
    placed = [(image, box) for image, photo in enumerate(photos, start=1) for box in photo.boxes]
    return {
        "images": [
            {"id": number, "file_name": photo.file, "width": photo.width, "height": photo.height}
            for number, photo in enumerate(photos, start=1)
        ],
        "categories": [{"id": number, "name": label} for label, number in numbers.items()],
        "annotations": [
            {
                "id": number,
                "image_id": image,
                "category_id": numbers[box.label],
                "bbox": [box.xmin, box.ymin, box.xmax - box.xmin, box.ymax - box.ymin],
                "area": box.area,
                "iscrowd": int(box.difficult),
            }
            for number, (image, box) in enumerate(placed, start=1)
        ],
    }


def _box(annotation: _Annotation, label: str) -> LabelledBox:
    x, y, width, height = annotation.bbox
    return LabelledBox(label, x, y, x + width, y + height, difficult=annotation.iscrowd)
