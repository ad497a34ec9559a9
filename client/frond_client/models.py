"""What the service answers.

Pydantic reads it, so that an answer that is none is found here and not later, where it is used. Members that
this version does not know are kept (`model_extra`), and members that may grow values are plain text.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from frond_client.problem import Problem


class _Answer(BaseModel):
    # A model may well have members that are called model_…
    model_config = ConfigDict(frozen=True, extra="allow", protected_namespaces=())


class Prediction(_Answer):
    """A species that the photos may show.

    Attributes
    ----------
    species
        Its slug, such as `zea-mays`.
    common_name
        In the language that was asked for.
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


class Issue(_Answer):
    """What makes a photo hard to judge, and what to do about it.

    Attributes
    ----------
    issue
        `too_small`, `blurred`, `too_dark`, `too_bright` or `no_green`.
    advice
        A sentence in the language that was asked for.
    """

    issue: str
    advice: str


class Image(_Answer):
    """What is worth telling of a photo.

    Attributes
    ----------
    width, height
        In pixels, upright.
    """

    width: int
    height: int
    format: str
    issues: tuple[Issue, ...] = ()


Evidence = tuple[tuple[float, ...], ...]


class JudgedImage(Image):
    """A photo, and what it says of the plant by itself.

    Attributes
    ----------
    evidence
        As in `Classification`.
    """

    verdict: str | None = None
    predictions: tuple[Prediction, ...] = ()
    evidence: Evidence | None = None


class ModelName(_Answer):
    """Which model answered."""

    version: str


class Source(_Answer):
    """Which door the photo came through.

    Attributes
    ----------
    door
        `http` or `s3`.
    key
        Of the object, for the S3 door.
    """

    door: str
    key: str | None = None


class Feedback(_Answer):
    """What a person says the plant is.

    Attributes
    ----------
    species
        The slug of the right one; ``None`` for no plant.
    consent
        Whether the photo may be used to improve the model.
    """

    species: str | None = None
    comment: str | None = None
    consent: bool = False


class Timings(_Answer):
    """Where the time went, in milliseconds."""

    decode: float
    inference: float
    total: float


class Classification(_Answer):
    """What the service says of the photos of a plant.

    Attributes
    ----------
    status
        `queued`, `running`, `succeeded` or `failed`.
    verdict
        `identified`, `uncertain` or `not_recognised`; ``None`` until it is finished.
    predictions
        The likeliest first, from all photos together.
    image
        Of the first photo.
    images
        All photos, each with what it says by itself.
    evidence
        Rows and columns of numbers from 0 to 1 over the whole upright first photo, for the first species: how
        much of it was seen there. ``None`` unless asked for.
    error
        Why it failed, or why it is tried again.
    """

    id: str
    status: str
    verdict: str | None = None
    predictions: tuple[Prediction, ...] = ()
    image: Image | None = None
    images: tuple[JudgedImage, ...] = ()
    evidence: Evidence | None = None
    model: ModelName | None = None
    source: Source
    error: Problem | None = None
    feedback: Feedback | None = None
    created_at: datetime
    timings_ms: Timings | None = None


class Page(_Answer):
    """Classifications, the newest first.

    Attributes
    ----------
    next_cursor
        Asks for the next ones; ``None`` after the last.
    """

    classifications: tuple[Classification, ...]
    next_cursor: str | None = None


class Species(_Answer):
    """A species that the model knows.

    Attributes
    ----------
    species
        Its slug.
    common_names
        By language.
    """

    species: str
    scientific_name: str
    common_name: str
    common_names: dict[str, str] = {}
    family: str | None = None
    role: str | None = None
    eppo_code: str | None = None


class SpeciesList(_Answer):
    """Every species that the model knows."""

    species: tuple[Species, ...]


class Model(_Answer):
    """The model that is running, and how good it was measured to be.

    Attributes
    ----------
    source
        The channel it came from, or `baked-in`.
    since
        When the instance that answered began to use it.
    species
        How many it knows.
    """

    version: str
    source: str
    since: datetime
    created_at: datetime
    input: dict[str, Any] = {}
    species: int
    dataset: dict[str, Any] = {}
    metrics: dict[str, Any] = {}
    agreement: dict[str, float] = {}


class UploadForm(_Answer):
    """Where to send a photo that is too large for a request.

    Attributes
    ----------
    id
        Of the classification to come.
    """

    id: str
    url: str
    fields: dict[str, str]
    expires_at: datetime
