"""Models of the API's responses.

Pydantic validates each response as it arrives. Members that this version does not know stay in `model_extra`.
Members whose values may grow, such as `verdict`, are plain strings.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_FROND_TYPES = "urn:frond:problem:"


class _ResponseModel(BaseModel):
    # Members may be called model_….
    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())


class ProblemDetails(_ResponseModel):
    """A problem document (RFC 9457); extension members stay in `model_extra`.

    Attributes
    ----------
    type
        A stable URN, `urn:frond:problem:…`; `about:blank` if the status is all that is known.
    detail
        The cause and the fix, in a sentence.
    request_id
        To quote in a support request.
    """

    type: str = "about:blank"
    title: str = "No reason was given"
    status: int
    detail: str | None = None
    request_id: str | None = None

    @property
    def slug(self) -> str:
        """The last part of a Frond type; empty for any other type."""
        return self.type.removeprefix(_FROND_TYPES) if self.type.startswith(_FROND_TYPES) else ""


class Prediction(_ResponseModel):
    """A species that the photos may show.

    Attributes
    ----------
    species
        Its slug, such as `zea-mays`.
    common_name
        In the language of the request.
    role
        `crop` or `weed`, where that is known.
    confidence
        Calibrated probability, 0 to 1.
    """

    species: str
    scientific_name: str
    common_name: str
    role: str | None = None
    confidence: float


class SureTaxon(_ResponseModel):
    """The lowest rank that is sure.

    Attributes
    ----------
    rank
        `species`, `genus` or `family`.
    name
        Its scientific name.
    confidence
        Of all its species together, 0 to 1.
    """

    rank: str
    name: str
    confidence: float


class PhotoIssue(_ResponseModel):
    """A quality problem of a photo, with advice.

    Attributes
    ----------
    issue
        `too_small`, `blurred`, `too_dark`, `too_bright` or `no_green`.
    advice
        A sentence in the language of the request.
    """

    issue: str
    advice: str


class Image(_ResponseModel):
    """Size, format and quality of a photo.

    Attributes
    ----------
    width, height
        In pixels, upright.
    """

    width: int
    height: int
    format: str
    issues: tuple[PhotoIssue, ...] = ()


ActivationMap = tuple[tuple[float, ...], ...]


class ClassifiedImage(Image):
    """A photo and its own classification, without the other photos of the plant.

    Attributes
    ----------
    evidence
        As in `Classification`.
    """

    verdict: str | None = None
    taxon: SureTaxon | None = None
    predictions: tuple[Prediction, ...] = ()
    evidence: ActivationMap | None = None


class ModelVersion(_ResponseModel):
    """The model that classified the photos."""

    version: str


class Source(_ResponseModel):
    """The origin of a photo.

    Attributes
    ----------
    door
        `http` for the HTTP API, `s3` for S3 uploads.
    key
        Of the S3 object; ``None`` for the HTTP API.
    """

    door: str
    key: str | None = None


class Feedback(_ResponseModel):
    """A user's correction.

    Attributes
    ----------
    species
        The slug of the right species; ``None`` for no plant.
    consent
        Whether the photo may be used to improve the model.
    """

    species: str | None = None
    comment: str | None = None
    consent: bool = False


class Timings(_ResponseModel):
    """Processing times in milliseconds."""

    decode: float
    inference: float
    total: float


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


class Classification(_ResponseModel):
    """The classification of the photos of one plant.

    Attributes
    ----------
    status
        `queued`, `running`, `succeeded` or `failed`.
    verdict
        `identified`, `uncertain` or `not_recognised`; ``None`` until the status is `succeeded`.
    taxon
        The lowest of species, genus and family that is sure; ``None`` if none is.
    predictions
        For all photos together, the most confident first.
    image
        The first photo.
    images
        All photos, each with its own predictions.
    evidence
        Activation map of the first photo for the top species: rows of numbers from 0 to 1 over the whole
        upright photo. ``None`` unless requested with ``explain``.
    owner
        The id of the API key that it belongs to; ``None`` for the operator's.
    tag
        The caller's word for it.
    error
        The reason of a failure or of a retry.
    detections
        The plants of an upload, in a stack that searches uploads; else ``None``.
    detector
        The version of the detector that found them.
    """

    id: str
    status: str
    verdict: str | None = None
    taxon: SureTaxon | None = None
    predictions: tuple[Prediction, ...] = ()
    image: Image | None = None
    images: tuple[ClassifiedImage, ...] = ()
    evidence: ActivationMap | None = None
    model: ModelVersion | None = None
    source: Source
    owner: str | None = None
    tag: str | None = None
    error: ProblemDetails | None = None
    feedback: Feedback | None = None
    created_at: datetime
    timings_ms: Timings | None = None
    detections: tuple[LocatedPlant, ...] | None = None
    detector: ModelVersion | None = None


class ClassificationPage(_ResponseModel):
    """A page of classifications, the newest first.

    Attributes
    ----------
    next_cursor
        Of the next page; ``None`` on the last page.
    """

    classifications: tuple[Classification, ...]
    next_cursor: str | None = None


class Species(_ResponseModel):
    """A species that the model can identify.

    Attributes
    ----------
    species
        Its slug.
    common_names
        By language.
    metrics
        How often it is right on the test photos; ``None`` if the model's manifest has none.
    lookalikes
        Species that were confused with it on test photos.
    """

    species: str
    scientific_name: str
    common_name: str
    common_names: dict[str, str] = {}
    family: str | None = None
    role: str | None = None
    eppo_code: str | None = None
    metrics: dict[str, Any] | None = None
    lookalikes: tuple[dict[str, Any], ...] = ()


class SpeciesList(_ResponseModel):
    """All species that the model can identify."""

    species: tuple[Species, ...]


class ModelInfo(_ResponseModel):
    """The active model and its metrics.

    Attributes
    ----------
    source
        The channel that it was loaded from, or `baked-in`.
    since
        When the responding instance loaded it.
    species
        The number of its species.
    scope
        The plants that it was trained on: how many species, crops and weeds, families, growth stage.
    """

    version: str
    source: str
    since: datetime
    created_at: datetime
    input: dict[str, Any] = {}
    species: int
    scope: dict[str, Any] = {}
    dataset: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    agreement: dict[str, float] = {}


class Usage(_ResponseModel):
    """The limits of a key, and its requests of today; ``None`` where it has no such limit.

    Attributes
    ----------
    limit, used, remaining
        Requests a day, of today, and left today.
    resets_at
        When the next day begins.
    requests_per_second, burst
        On average, and at once.
    """

    limit: int | None = None
    used: int | None = None
    remaining: int | None = None
    resets_at: datetime
    requests_per_second: float | None = None
    burst: int | None = None


class UploadTarget(_ResponseModel):
    """A presigned POST for a photo that is too large for a request.

    Attributes
    ----------
    id
        Of the future classification.
    """

    id: str
    url: str
    fields: dict[str, str]
    expires_at: datetime
