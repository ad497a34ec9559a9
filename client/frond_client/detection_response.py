"""Models of the responses of `POST /v1/detections`."""

from datetime import datetime

from frond_client.models import LocatedPlant, ModelVersion, _ResponseModel


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
