"""Detection of the plants in photos, and classification of each plant.

Imported by those requests only that detect.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from frond.classifier import Classifier, ClassifierOutput
from frond.detection import Detection, Detector
from frond.detection.square_crop import crop_plant
from frond.image_quality import Issue, issues
from frond.preprocessing import DecodeLimits, Photo, read_whole
from frond.telemetry import MetricUnit, add_detail
from frond_classify.http.request_body import read_each
from frond_classify.http.server_timing import ServerTiming
from frond_classify.i18n import ENGLISH, Language

# Plants of a photo that are classified; each takes an inference.
MAX_CROPS = 100
# Milliseconds of the function's time that are left for the response.
RESERVE_MS = 4000


@dataclass(frozen=True, slots=True)
class DetectOptions:
    """Options of a request: what counts as a plant, and whether and how plants are classified."""

    min_confidence: float = 0.0
    classify: bool = False
    top: int = 5
    lang: Language = ENGLISH


@dataclass(frozen=True, slots=True)
class ClassifiedCrop:
    """The classification of a plant, and what makes it hard."""

    output: ClassifierOutput
    issues: list[Issue]

    @classmethod
    def of(cls, model: Classifier, crop: Photo) -> Self:
        """Classify a crop."""
        return cls(model.classify(crop.pixels), list(issues(crop)))


@dataclass(slots=True)
class FoundPlant:
    """A plant: its detection, its crop until it is classified, and its classification."""

    detection: Detection
    crop: Photo | None = None
    classified: ClassifiedCrop | None = None


@dataclass(frozen=True, slots=True)
class SearchedPhoto:
    """A photo's size in pixels (upright), its format, and its plants, the most confident first."""

    width: int
    height: int
    format: str
    plants: list[FoundPlant] = field(default_factory=list)

    @property
    def not_classified(self) -> int:
        """The number of its plants without a classification."""
        return sum(plant.classified is None for plant in self.plants)


@dataclass(frozen=True)
class PlantSearch:
    """The search for the plants of photos.

    Attributes
    ----------
    detector
        It finds them.
    classifier
        It classifies each; None if that is not requested.
    limits
        Of decoding a photo.
    options
        Of the request.
    """

    detector: Detector
    classifier: Classifier | None
    limits: DecodeLimits
    options: DetectOptions

    def run(
        self, files: Sequence[bytes], timing: ServerTiming, remaining_ms: Callable[[], int]
    ) -> list[SearchedPhoto]:
        """Find the plants of photos, and classify the most confident ones until the time is over.

        Parameters
        ----------
        remaining_ms
            Returns the milliseconds that the function has left.

        Raises
        ------
        frond.problems.Problem
            As :func:`frond.preprocessing.read_whole`.
        """
        photos = read_each(files, lambda data: self.find(data, timing))
        if self.classifier:
            with timing.measure("inference"):
                _classify_crops(self.classifier, photos, remaining_ms)
        return photos

    def find(self, data: bytes, timing: ServerTiming) -> SearchedPhoto:
        """Find the plants of a photo; of its pixels only the crops are left.

        Raises
        ------
        frond.problems.Problem
            As :func:`frond.preprocessing.read_whole`.
        """
        with timing.measure("decode"):
            photo = read_whole(data, self.limits)
        with timing.measure("detection"):
            detections = self.detector.detect(photo.pixels)
        plants = [FoundPlant(each) for each in detections if each.confidence >= self.options.min_confidence]
        if self.classifier:
            for plant in plants[:MAX_CROPS]:
                plant.crop = _crop(photo, plant.detection, self.classifier.manifest.input.size)
        add_detail("DecodeTime", MetricUnit.Milliseconds, timing.milliseconds("decode"))
        add_detail("DetectionTime", MetricUnit.Milliseconds, timing.milliseconds("detection"))
        add_detail("PlantsDetected", MetricUnit.Count, len(plants))
        return SearchedPhoto(photo.width, photo.height, photo.format, plants)


def _crop(photo: Photo, detection: Detection, size: int) -> Photo:
    height, width = photo.pixels.shape[:2]
    pixels = crop_plant(photo.pixels, detection.box.in_pixels(width, height), size)
    left, top, right, bottom = detection.box.in_pixels(photo.width, photo.height)
    side = max(1, round(max(right - left, bottom - top)))
    return Photo(pixels, side, side, photo.format)


def _classify_crops(
    model: Classifier, photos: Sequence[SearchedPhoto], remaining_ms: Callable[[], int]
) -> None:
    """Classify the crops of all photos, the most confident first."""
    plants = [plant for photo in photos for plant in photo.plants if plant.crop]
    for plant in sorted(plants, key=lambda each: -each.detection.confidence):
        if plant.crop and remaining_ms() > RESERVE_MS:
            plant.classified = ClassifiedCrop.of(model, plant.crop)
        plant.crop = None
