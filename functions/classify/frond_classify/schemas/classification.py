"""What the API answers with: the contract's shapes, and what makes them from the model's words."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, field_validator

from frond.classifier import Candidate, Verdict
from frond.image_quality import Issue, issues
from frond.preprocessing import Photo
from frond.records import Door, Record, Status
from frond_classify.activation_map import Matrix
from frond_classify.http.request_body import PHOTO_TYPES
from frond_classify.http.server_timing import Stopwatch
from frond_classify.i18n import Language, advice, common_name
from frond_classify.schemas.lazy_model import Deferred

Role = Literal["crop", "weed"]
EVIDENCE = Field(
    default=None,
    description="With `explain`: how much each part of the photo speaks for the first of all predictions, 0 "
    "to 1. Rows from the top, columns from the left, over the whole photo; 0 where the model did not look.",
)


class Prediction(BaseModel):
    """A species that the photo may show."""

    species: str = Field(description="The species' slug", examples=["zea-mays"])
    scientific_name: str = Field(examples=["Zea mays"])
    common_name: str = Field(examples=["Maize"])
    role: Role | None = Field(examples=["crop"])
    confidence: float = Field(ge=0, le=1, description="Calibrated probability", examples=[0.983])

    @classmethod
    def of(cls, candidate: Candidate, lang: Language) -> Self:
        """Return a candidate in the caller's language."""
        species = candidate.species
        return cls(
            species=species.slug,
            scientific_name=species.scientific_name,
            common_name=common_name(species, lang),
            role=species.role,
            confidence=round(candidate.confidence, 6),
        )


class PhotoIssue(BaseModel):
    """What makes a photo hard to judge, and what to do about it."""

    issue: Issue
    advice: str = Field(description="One sentence, in the language asked for")

    @classmethod
    def of(cls, issue: Issue, lang: Language) -> Self:
        """Return an issue with its advice."""
        return cls(issue=issue, advice=advice(issue, lang))


class ImageFacts(BaseModel):
    """What is worth telling of a photo that was sent."""

    width: int = Field(description="Pixels, upright", examples=[4032])
    height: int = Field(description="Pixels, upright", examples=[3024])
    format: str = Field(examples=["JPEG"])
    issues: list[PhotoIssue] = Field(default=[], description="What makes the photo hard to judge")

    @classmethod
    def of(cls, photo: Photo, lang: Language) -> Self:
        """Return what is worth telling of a photo."""
        told = [PhotoIssue.of(issue, lang) for issue in issues(photo)]
        return cls(width=photo.width, height=photo.height, format=photo.format, issues=told)


class PhotoAnswer(ImageFacts):
    """One of the photos, and what it says by itself."""

    verdict: Verdict
    predictions: list[Prediction] = Field(description="The likeliest first")
    evidence: Matrix | None = EVIDENCE


class ModelName(BaseModel):
    """Which model answered."""

    version: str = Field(examples=["2026.11.21-1a2b3c4d"])


class Source(BaseModel):
    """Which door the photo came through."""

    door: Door
    key: str | None = Field(description="The object's key, for the S3 door")


class Timings(BaseModel):
    """Where the time went, in milliseconds."""

    decode: float
    inference: float
    total: float

    @classmethod
    def of(cls, watch: Stopwatch) -> Self:
        """Return what a stopwatch shows."""
        return cls(
            decode=watch.milliseconds("decode"),
            inference=watch.milliseconds("inference"),
            total=watch.total,
        )


class Feedback(Deferred):
    """What the user says the plant is."""

    species: str | None = Field(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=100,
        description="The slug of the right species, one that Frond knows or another; null for no plant",
        examples=["zea-mays"],
    )
    comment: str | None = Field(default=None, max_length=1000, examples=["Two leaves, eight days old"])
    consent: bool = Field(default=False, description="Whether the photo may be used to improve the model")


class Outcome(BaseModel):
    """What came of the photos of a plant; what a record keeps of it."""

    verdict: Verdict | None = None
    predictions: list[Prediction] = Field(
        default=[], description="The likeliest first; of several photos together"
    )
    image: ImageFacts | None = Field(default=None, description="The first photo; null until it was read")
    images: list[PhotoAnswer] = Field(default=[], description="Every photo, and what it says by itself")
    evidence: Matrix | None = EVIDENCE
    model: ModelName | None = Field(default=None, description="Null until the photo was classified")
    error: dict[str, Any] | None = Field(
        default=None, description="A problem document: why it failed, or why it is tried again"
    )
    timings_ms: Timings | None = None


class Heading(BaseModel):
    """Which classification it is, and how far it is."""

    id: str
    status: Status


class Answer(Outcome, Heading):
    """A classification."""

    source: Source
    feedback: Feedback | None
    created_at: datetime

    @classmethod
    def from_record(cls, record: Record) -> Self:
        """Return the answer that a record holds."""
        outcome = {"error": record.last_error} | record.result
        return cls.model_validate(
            {
                **outcome,
                "id": record.identifier,
                "status": record.status,
                "source": {"door": record.door, "key": record.key},
                "feedback": record.feedback,
                "created_at": record.created_at,
            }
        )


class AnswerList(Deferred):
    """Classifications, the newest first."""

    classifications: list[Answer]
    next_cursor: str | None = Field(description="Ask with it for the next ones; null after the last")


class Announcement(Deferred):
    """A photo that is about to be uploaded."""

    content_type: str = Field(examples=["image/jpeg"], json_schema_extra={"enum": list(PHOTO_TYPES)})
    size: int = Field(gt=0, description="Bytes", examples=[3_145_728])

    @field_validator("size", mode="before")
    @classmethod
    def _whole(cls, size: Any) -> Any:
        # To JSON Schema, 3.0 is an integer.
        return int(size) if isinstance(size, float) and size.is_integer() else size


class UploadForm(Deferred):
    """Where to send an announced photo: a form that takes that type and size, and nothing else."""

    id: str = Field(description="The id of the classification to come")
    url: str = Field(description="POST a multipart form there: the fields, then the file as the part `file`")
    fields: dict[str, str]
    expires_at: datetime
