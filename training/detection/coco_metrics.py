"""Mean average precision as COCO defines it, by pycocotools."""

from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from pydantic import BaseModel, Field

from frond.detection import Candidates
from training.detection.detection_dataset import DetectionDataset

# Probabilities of a class that make no difference to its precision.
LEAST_CLASS = 0.01
# Of a photo and class, as COCO counts.
MAX_DETECTIONS = 100


class AveragePrecision(BaseModel):
    """Average precision over intersections over union of 0.5 to 0.95, and at 0.5; 0 to 1."""

    mean: float = Field(description="Over ten intersections over union from 0.5 to 0.95")
    at_50: float
    at_75: float


class DetectionScores(BaseModel):
    """The scores of a detector on some photos."""

    by_class: dict[str, AveragePrecision] = Field(description="By slug")
    classes: AveragePrecision = Field(description="Mean over the classes")
    plants: AveragePrecision = Field(description="Of plants of any class or none")


@dataclass(frozen=True, slots=True)
class _Box:
    image: int
    category: int
    edges: tuple[float, float, float, float]
    score: float | None = None
    difficult: bool = False

    def document(self, number: int) -> dict[str, Any]:
        left, top, right, bottom = self.edges
        document = {
            "id": number,
            "image_id": self.image,
            "category_id": self.category,
            "bbox": [left, top, right - left, bottom - top],
            "area": (right - left) * (bottom - top),
            "iscrowd": int(self.difficult),
        }
        return document if self.score is None else document | {"score": self.score}


def score_detections(
    dataset: DetectionDataset, indices: NDArray[np.int64], found: Sequence[Candidates]
) -> DetectionScores:
    """Compare candidates with the boxes of the photos.

    For its classes a candidate counts once for each, with its score times the probability of the class. A
    plant of no class counts for none, so that naming it is an error.

    Parameters
    ----------
    found
        The candidates of each photo, as fractions of it.
    """
    true_classes, true_plants, all_classes, all_plants = [], [], [], []
    for index, candidates in zip(map(int, indices), found, strict=True):
        size = np.array([dataset.rows[index].width, dataset.rows[index].height] * 2)
        boxes = [tuple(box) for box in (dataset.boxes(index) * size).tolist()]
        for box, number, difficult in zip(
            boxes, dataset.classes(index), dataset.difficult(index), strict=True
        ):
            true_plants.append(_Box(index, 0, box, difficult=bool(difficult)))
            if number >= 0:
                true_classes.append(_Box(index, int(number), box, difficult=bool(difficult)))
        confidences = 1 / (1 + np.exp(-candidates.scores.astype(np.float64)))
        edges = [tuple(box) for box in (candidates.boxes * size).tolist()]
        all_plants += [
            _Box(index, 0, box, float(confidence)) for box, confidence in zip(edges, confidences, strict=True)
        ]
        scores = confidences[:, None] * candidates.classes
        all_classes += [
            _Box(index, int(category), edges[number], float(scores[number, category]))
            for number, category in zip(*np.nonzero(candidates.classes > LEAST_CLASS), strict=True)
        ]
    by_class = _precision(indices, range(len(dataset.slugs)), true_classes, all_classes)
    plants = _precision(indices, range(1), true_plants, all_plants)[0]
    named = {slug: each for slug, each in zip(dataset.slugs, by_class, strict=True) if each is not None}
    return DetectionScores(by_class=named, classes=_mean(list(named.values())), plants=plants or _mean([]))


def _precision(
    images: NDArray[np.int64], categories: range, true: Sequence[_Box], found: Sequence[_Box]
) -> list[AveragePrecision | None]:
    """Return the precision of each category; None for one without a box."""
    if not true or not found:
        present = {box.category for box in true}
        return [_mean([]) if number in present else None for number in categories]
    with redirect_stdout(StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": int(image)} for image in images],
            "categories": [{"id": number} for number in categories],
            "annotations": [box.document(number) for number, box in enumerate(true, start=1)],
        }
        truth.createIndex()
        results = COCO()
        results.dataset = truth.dataset | {
            "annotations": [box.document(number) for number, box in enumerate(found, start=1)]
        }
        results.createIndex()
        evaluation = COCOeval(truth, results, "bbox")
        evaluation.params.maxDets = [MAX_DETECTIONS]
        # All sizes of boxes together.
        evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
        evaluation.evaluate()
        evaluation.accumulate()
    # By intersection over union, recall and category; -1 for a category without a box.
    precision = evaluation.eval["precision"][:, :, :, 0, 0]
    return [_average(precision[:, :, number]) for number in categories]


def _average(precision: NDArray[np.float64]) -> AveragePrecision | None:
    if (precision < 0).all():
        return None
    return AveragePrecision(
        mean=float(precision.mean()), at_50=float(precision[0].mean()), at_75=float(precision[5].mean())
    )


def _mean(parts: Sequence[AveragePrecision]) -> AveragePrecision:
    return AveragePrecision(
        mean=float(np.mean([part.mean for part in parts] or [0])),
        at_50=float(np.mean([part.at_50 for part in parts] or [0])),
        at_75=float(np.mean([part.at_75 for part in parts] or [0])),
    )
