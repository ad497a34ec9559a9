"""Whether detection helps classification: the crop of the plant against the photo's centre square."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier, ClassifierOutput, Verdict
from frond.detection import BoundingBox, Detector
from frond.detection.square_crop import crop_plant
from frond.preprocessing import read_photo, read_whole
from training.detection.annotations import AnnotatedPhoto
from training.errors import TrainingError
from training.progress import track


@dataclass(slots=True)
class CropScores:
    """The answers of one way to crop, and the milliseconds of each photo."""

    right: list[bool] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def add(self, label: str, classify: Callable[[], ClassifierOutput]) -> None:
        """Classify a photo of a species and count the answer."""
        started = time.perf_counter()
        output = classify()
        self.milliseconds.append(1000 * (time.perf_counter() - started))
        self.right.append(output.candidates[0].species.slug == label)
        self.verdicts.append(output.verdict)

    @property
    def accuracy(self) -> float:
        """Share of the photos whose most confident species is right, under any verdict."""
        return float(np.mean(self.right))

    @property
    def identified_rightly(self) -> float:
        """Share of the photos that are identified, and rightly."""
        pairs = zip(self.right, self.verdicts, strict=True)
        return float(np.mean([right and verdict == "identified" for right, verdict in pairs]))

    def share(self, verdict: Verdict) -> float:
        """Share of the photos with a verdict."""
        return float(np.mean([each == verdict for each in self.verdicts]))

    @property
    def median_ms(self) -> float:
        """Median milliseconds of a photo, from its bytes to the answer."""
        return float(np.median(self.milliseconds))


def compare_crops(
    root: Path, photos: Sequence[AnnotatedPhoto], detector: Detector, classifier: Classifier
) -> dict[str, CropScores]:
    """Classify each photo of one species by its centre square and by the crop of its surest plant.

    A photo in which no plant is detected is classified by its centre square.

    Parameters
    ----------
    root
        The folder that the photos' files count from.
    photos
        Photos whose labels are slugs; those of several species or none are passed over.

    Raises
    ------
    training.errors.TrainingError
        No photo is of one species of the classifier.
    """
    known = {label.slug for label in classifier.manifest.labels}
    spec = classifier.manifest.input
    centre, crop, annotated = CropScores(), CropScores(), CropScores()

    def by_centre(data: bytes) -> ClassifierOutput:
        return classifier.classify(read_photo(data, spec).pixels)

    def by_detection(data: bytes) -> ClassifierOutput:
        pixels = read_whole(data).pixels
        found = detector.detect(pixels)
        return _classify_box(classifier, pixels, found[0].box) if found else by_centre(data)

    def by_annotation(data: bytes, box: BoundingBox) -> ClassifierOutput:
        return _classify_box(classifier, read_whole(data).pixels, box)

    chosen = [photo for photo in photos if len(labels := _labels(photo)) == 1 and labels <= known]
    if not chosen:
        raise TrainingError("No photo is of one species of the classifier.")
    for photo in track(chosen, len(chosen), "Classifying"):
        (label,) = _labels(photo)
        data = (root / photo.file).read_bytes()
        centre.add(label, partial(by_centre, data))
        crop.add(label, partial(by_detection, data))
        annotated.add(label, partial(by_annotation, data, _largest_box(photo)))
    return {"centre square": centre, "crop of the surest detection": crop, "crop of the true box": annotated}


def _labels(photo: AnnotatedPhoto) -> set[str]:
    return {box.label for box in photo.boxes if not box.difficult}


def _largest_box(photo: AnnotatedPhoto) -> BoundingBox:
    box = max(photo.boxes, key=lambda each: each.area).scaled(1 / photo.width, 1 / photo.height)
    return BoundingBox(box.xmin, box.ymin, box.xmax, box.ymax)


def _classify_box(classifier: Classifier, pixels: NDArray[np.uint8], box: BoundingBox) -> ClassifierOutput:
    height, width = pixels.shape[:2]
    size = classifier.manifest.input.size
    return classifier.classify(crop_plant(pixels, box.in_pixels(width, height), size))
