"""Measure an exported detector through the serving code."""

import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from frond.detection import Candidates, DetectionManifest, Detector
from frond.manifest import MANIFEST_NAME
from training.artifacts.files import REPORT_NAME
from training.atomic_write import atomic_write
from training.data.split import Split
from training.detection.coco_metrics import DetectionScores, score_detections
from training.detection.detection_dataset import DetectionDataset
from training.detection.detector_card import CARD_NAME, card_of
from training.detection.matching import match
from training.errors import TrainingError
from training.progress import track

# Of a candidate for the average precision, which weighs every score.
LEAST_CONFIDENCE = 0.02
DETECTIONS_NAME = "detections.json"
METRICS_NAME = "metrics.json"


class DetectorMetrics(BaseModel):
    """The official metrics of a detector, or those on other photos."""

    split: Split
    photos: int
    plants: int = Field(description="Boxes that count")
    scores: DetectionScores
    precision: float = Field(description="Share of the detections that are plants")
    recall: float = Field(description="Share of the plants that are detected")
    named: float = Field(description="Share of the detected plants that are named")
    names_right: float = Field(description="Share of those names that are right")
    median_ms: float = Field(description="Of a detection, from the photo to its boxes")
    threads: int

    def as_dict(self) -> dict[str, object]:
        """Return the members of the manifest."""
        return self.model_dump(mode="json") | {
            "map": self.scores.classes.mean,
            "map_50": self.scores.classes.at_50,
            "plants_map": self.scores.plants.mean,
        }


class PhotoDetections(BaseModel):
    """A photo of the report: what was detected, missed and wrong."""

    source: str
    missed: int
    false: int
    misnamed: int
    detections: list[dict[str, object]]

    @property
    def errors(self) -> int:
        """All mistakes of the photo."""
        return self.missed + self.false + self.misnamed


def detect_all(
    detector: Detector, dataset: DetectionDataset, indices: NDArray[np.int64]
) -> tuple[list[Candidates], float]:
    """Return the candidates of each photo, and the median milliseconds of a detection."""
    found, seconds = [], []
    for index in track(indices, len(indices), "Detecting"):
        photo = dataset.photo(int(index))
        started = time.perf_counter()
        found.append(detector.candidates(photo, LEAST_CONFIDENCE))
        seconds.append(time.perf_counter() - started)
    return found, 1000 * float(np.median(seconds))


def evaluate(
    dataset: DetectionDataset, model: Path, split: Split, threads: int
) -> tuple[DetectorMetrics, Sequence[PhotoDetections]]:
    """Measure a detector on the photos of a split; return the photos with the most mistakes first.

    The metrics of the test split of its own data set are written to its manifest, report and model card.

    Raises
    ------
    training.errors.TrainingError
        The data set has no class of the detector, or no photo in the split.
    """
    detector = Detector.load(model, threads)
    labels = [label.slug for label in detector.manifest.labels]
    indices = dataset.indices(split)
    if not set(dataset.slugs) <= set(labels):
        unknown = ", ".join(sorted(set(dataset.slugs) - set(labels)))
        raise TrainingError(f"The detector does not know {unknown}; label such plants `plant`.")
    found, median_ms = detect_all(detector, dataset, indices)
    columns = [labels.index(slug) for slug in dataset.slugs]
    known = [Candidates(each.boxes, each.scores, each.classes[:, columns]) for each in found]
    metrics, photos = _measured(detector, dataset, indices, known, split, (median_ms, threads))
    ranked = sorted(photos, key=lambda photo: (-photo.errors, photo.source))
    if split == "test" and dataset.card.fingerprint == detector.manifest.dataset.fingerprint:
        _write(model, detector.manifest, metrics, ranked)
    return metrics, ranked


def _measured(
    detector: Detector,
    dataset: DetectionDataset,
    indices: NDArray[np.int64],
    found: Sequence[Candidates],
    split: Split,
    timing: tuple[float, int],
) -> tuple[DetectorMetrics, list[PhotoDetections]]:
    manifest = detector.manifest
    photos, plants, counts = [], 0, np.zeros(4, np.int64)
    for index, candidates in zip(map(int, indices), found, strict=True):
        confidences = manifest.scaling.confidences(candidates.scores)
        sure = candidates[confidences >= manifest.min_confidence]
        difficult, classes = dataset.difficult(index), dataset.classes(index)
        matches = match(sure.boxes, dataset.boxes(index), difficult)
        best = sure.classes.argmax(axis=1)
        is_named = sure.classes.max(axis=1, initial=0) >= manifest.min_label_confidence
        true = np.where(matches.right, np.append(classes, -1)[matches.boxes], -1)
        hits, named = int(matches.right.sum()), int((matches.right & is_named).sum())
        right = int((matches.right & is_named & (best == true)).sum())
        counts += (int(matches.counted.sum()), hits, named, right)
        true_plants = int((~difficult).sum())
        plants += true_plants
        shown = confidences[confidences >= manifest.min_confidence]
        photos.append(
            PhotoDetections(
                source=dataset.rows[index].source,
                missed=true_plants - hits,
                false=int(matches.counted.sum()) - hits,
                misnamed=named - right,
                detections=[
                    {
                        "box": [round(edge, 4) for edge in box],
                        "label": dataset.slugs[int(number)] if has_name else "plant",
                        "confidence": round(float(confidence), 4),
                        "plant": bool(is_right),
                    }
                    for box, number, has_name, confidence, is_right in zip(
                        sure.boxes.tolist(), best, is_named, shown, matches.right, strict=True
                    )
                ],
            )
        )
    detected, hits, named, right = counts.tolist()
    return DetectorMetrics(
        split=split,
        photos=len(indices),
        plants=plants,
        scores=score_detections(dataset, indices, found),
        precision=hits / max(detected, 1),
        recall=hits / max(plants, 1),
        named=named / max(hits, 1),
        names_right=right / max(named, 1),
        median_ms=timing[0],
        threads=timing[1],
    ), photos


def _write(
    model: Path, manifest: DetectionManifest, metrics: DetectorMetrics, photos: Sequence[PhotoDetections]
) -> None:
    report = model / REPORT_NAME
    report.mkdir(exist_ok=True)
    measured = manifest.model_copy(update={"metrics": metrics.as_dict()})
    content = [photo.model_dump(mode="json") for photo in photos]
    atomic_write(report / DETECTIONS_NAME, json.dumps(content, indent=1) + "\n")
    atomic_write(report / METRICS_NAME, json.dumps(metrics.as_dict(), indent=2) + "\n")
    atomic_write(model / CARD_NAME, card_of(measured))
    atomic_write(model / MANIFEST_NAME, measured.model_dump_json(indent=2) + "\n")
