"""Response schemas for `/v1/detections`."""

from datetime import datetime
from typing import Literal, Self

from pydantic import ConfigDict, Field

from frond.classifier import Verdict
from frond.detection import BoundingBox
from frond_classify.http.server_timing import ServerTiming
from frond_classify.i18n import Language
from frond_classify.plant_detection import ClassifiedCrop, DetectOptions, FoundPlant, SearchedPhoto
from frond_classify.schemas.classification import ImageIssue, ModelRef, SpeciesPrediction
from frond_classify.schemas.lazy_model import LazyModel


class PixelBox(LazyModel):
    """A box in pixels of the upright photo."""

    x: float = Field(ge=0, description="The left edge", examples=[1210.5])
    y: float = Field(ge=0, description="The upper edge", examples=[348.2])
    width: float = Field(ge=0, examples=[402.7])
    height: float = Field(ge=0, examples=[388.1])

    @classmethod
    def from_box(cls, box: BoundingBox, width: int, height: int) -> Self:
        """Return a box in pixels of a photo of this size."""
        left, top, right, bottom = (round(edge, 1) for edge in box.in_pixels(width, height))
        return cls(x=left, y=top, width=round(right - left, 1), height=round(bottom - top, 1))


class RelativeBox(LazyModel):
    """A box as fractions of the upright photo's width and height."""

    x: float = Field(ge=0, le=1, description="The left edge", examples=[0.300223])
    y: float = Field(ge=0, le=1, description="The upper edge", examples=[0.115146])
    width: float = Field(ge=0, le=1, examples=[0.099876])
    height: float = Field(ge=0, le=1, examples=[0.12834])

    @classmethod
    def from_box(cls, box: BoundingBox) -> Self:
        """Return a box as fractions."""
        left, top, right, bottom = (round(edge, 6) for edge in (box.xmin, box.ymin, box.xmax, box.ymax))
        return cls(x=left, y=top, width=round(right - left, 6), height=round(bottom - top, 6))


class CropClassification(LazyModel):
    """The classification of a detected plant, by the square around its box."""

    verdict: Verdict
    predictions: list[SpeciesPrediction] = Field(description="The likeliest first")
    issues: list[ImageIssue] = Field(description="Defects that make the plant hard to classify")

    @classmethod
    def from_crop(cls, crop: ClassifiedCrop, options: DetectOptions) -> Self:
        """Return the classification of a crop."""
        candidates = crop.output.candidates[: options.top]
        return cls(
            verdict=crop.output.verdict,
            predictions=[SpeciesPrediction.from_candidate(each, options.lang) for each in candidates],
            issues=_issues(crop, options.lang),
        )


class DetectedPlant(LazyModel):
    """A plant in a photo."""

    model_config = ConfigDict(validate_by_name=True)

    box: PixelBox
    box_relative: RelativeBox
    label: str = Field(
        alias="class",
        description="The species' slug; `plant` where the detector is sure of no species",
        examples=["plant"],
    )
    confidence: float = Field(
        ge=0, le=1, description="Calibrated probability that the box holds a plant", examples=[0.934017]
    )
    classification: CropClassification | None = Field(
        description="With `classify`, the classifier's answer; null for a plant that was not classified"
    )

    @classmethod
    def from_found(cls, plant: FoundPlant, photo: SearchedPhoto, options: DetectOptions) -> Self:
        """Return a plant that was found in a photo."""
        detection, crop = plant.detection, plant.classified
        return cls(
            box=PixelBox.from_box(detection.box, photo.width, photo.height),
            box_relative=RelativeBox.from_box(detection.box),
            label=detection.label,
            confidence=round(detection.confidence, 6),
            classification=CropClassification.from_crop(crop, options) if crop else None,
        )


class SearchedImage(LazyModel):
    """Size and format of a photo."""

    width: int = Field(description="Pixels, upright", examples=[4032])
    height: int = Field(description="Pixels, upright", examples=[3024])
    format: str = Field(examples=["JPEG"])


class ImageDetections(SearchedImage):
    """A photo and its plants."""

    detections: list[DetectedPlant] = Field(description="The most confident first, 300 at most")
    not_classified: int = Field(
        ge=0,
        description="With `classify`: how many of its plants were not classified, because there were more "
        "than 100 of them or the time was over; the least confident",
        examples=[0],
    )

    @classmethod
    def from_searched(cls, photo: SearchedPhoto, options: DetectOptions) -> Self:
        """Return the plants of a photo."""
        return cls(
            width=photo.width,
            height=photo.height,
            format=photo.format,
            detections=[DetectedPlant.from_found(plant, photo, options) for plant in photo.plants],
            not_classified=photo.not_classified if options.classify else 0,
        )


class DetectionTimings(LazyModel):
    """Durations of the stages, in milliseconds."""

    decode: float
    detection: float
    inference: float = Field(description="Of the classifier, with `classify`")
    total: float

    @classmethod
    def from_timing(cls, timing: ServerTiming) -> Self:
        """Return the durations so far."""
        stages = {stage: timing.milliseconds(stage) for stage in ("decode", "detection", "inference")}
        return cls(**stages, total=timing.total)


class DetectionResponse(LazyModel):
    """The plants in the photos of a request. The service stores nothing of it."""

    id: str = Field(description="The id of the request", examples=["5f0b7f3e-8a43-4d3c-9d7e-0c9d3c1f7a52"])
    status: Literal["succeeded"]
    detections: list[DetectedPlant] = Field(description="Of the first photo, the most confident first")
    image: SearchedImage = Field(description="The first photo")
    images: list[ImageDetections] = Field(description="Every photo, and its own plants")
    model: ModelRef = Field(description="The detector")
    classifier: ModelRef | None = Field(description="With `classify`, the classifier")
    created_at: datetime
    timings_ms: DetectionTimings


def _issues(crop: ClassifiedCrop, lang: Language) -> list[ImageIssue]:
    return [ImageIssue.from_issue(issue, lang) for issue in crop.issues]
