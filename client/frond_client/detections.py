"""Models of the responses of `POST /v1/detections`."""

from datetime import datetime

from pydantic import Field

from frond_client.models import ModelVersion, PhotoIssue, Prediction, _ResponseModel


class Box(_ResponseModel):
    """A box in an upright photo.

    Attributes
    ----------
    x, y
        The left and the upper edge.
    """

    x: float
    y: float
    width: float
    height: float


class CroppedClassification(_ResponseModel):
    """The classification of a detected plant, by the square around its box.

    Attributes
    ----------
    predictions
        The most confident first.
    """

    verdict: str
    predictions: tuple[Prediction, ...]
    issues: tuple[PhotoIssue, ...] = ()


class LocatedPlant(_ResponseModel):
    """A plant in a photo.

    Attributes
    ----------
    box
        In pixels.
    box_relative
        In fractions of the photo's width and height.
    label
        `class` in JSON: the species' slug, or `plant` where the detector is sure of no species.
    confidence
        Calibrated probability that the box holds a plant, 0 to 1.
    classification
        ``None`` unless requested with ``classify``, and for plants that there was no time for.
    """

    box: Box
    box_relative: Box
    label: str = Field(alias="class")
    confidence: float
    classification: CroppedClassification | None = None


class PhotoSize(_ResponseModel):
    """Size and format of a photo.

    Attributes
    ----------
    width, height
        In pixels, upright.
    """

    width: int
    height: int
    format: str


class LocatedPlants(PhotoSize):
    """A photo and its plants.

    Attributes
    ----------
    detections
        The most confident first.
    not_classified
        With ``classify``, the number of its plants that were not classified.
    """

    detections: tuple[LocatedPlant, ...]
    not_classified: int = 0


class DetectionTimes(_ResponseModel):
    """Processing times in milliseconds."""

    decode: float
    detection: float
    inference: float
    total: float


class Detections(_ResponseModel):
    """The plants in photos.

    Attributes
    ----------
    id
        Of the request; the service stores nothing of it.
    detections
        Of the first photo, the most confident first.
    image
        The first photo.
    images
        All photos, each with its own plants.
    model
        The detector.
    classifier
        ``None`` unless requested with ``classify``.
    """

    id: str
    status: str
    detections: tuple[LocatedPlant, ...]
    image: PhotoSize
    images: tuple[LocatedPlants, ...]
    model: ModelVersion
    classifier: ModelVersion | None = None
    created_at: datetime
    timings_ms: DetectionTimes | None = None
