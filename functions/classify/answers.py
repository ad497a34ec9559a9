"""What the API answers with: the contract's shapes, and what makes them from the model's words."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from frond.classifier import Candidate, Classification, Verdict
from frond.images import Photo, Recipe
from frond.manifest import Dataset, Manifest, Species
from frond.records import Door, Record, Status

Language = Literal["en", "es", "fr"]
Role = Literal["crop", "weed"]


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


class ImageFacts(BaseModel):
    """What is worth telling of the photo that was sent."""

    width: int = Field(description="Pixels, upright")
    height: int = Field(description="Pixels, upright")
    format: str = Field(examples=["JPEG"])
    issues: list[str] = Field(default=[], description="What makes the photo hard to judge")

    @classmethod
    def of(cls, photo: Photo) -> Self:
        """Return what is worth telling of a photo."""
        return cls(width=photo.width, height=photo.height, format=photo.format)


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


class Feedback(BaseModel):
    """What the user says the plant is."""

    species: str | None = Field(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=100,
        description="The slug of the right species, one that Frond knows or another; null for no plant",
        examples=["zea-mays"],
    )
    comment: str | None = Field(default=None, max_length=1000)


class Outcome(BaseModel):
    """What came of a photo; what a record keeps of it."""

    verdict: Verdict | None = None
    predictions: list[Prediction] = Field(default=[], description="The likeliest first")
    image: ImageFacts | None = Field(default=None, description="Null until the photo was read")
    model: ModelName | None = Field(default=None, description="Null until the photo was classified")
    error: dict[str, Any] | None = Field(
        default=None, description="A problem document: why it failed, or why it is tried again"
    )
    timings_ms: Timings | None = None

    @classmethod
    def of(
        cls,
        classification: Classification,
        photo: ImageFacts,
        manifest: Manifest,
        timings: Timings,
        top: int = 5,
        lang: Language = "en",
    ) -> Self:
        """Return what the model says of a photo, in the caller's language."""
        return cls(
            verdict=classification.verdict,
            predictions=[Prediction.of(candidate, lang) for candidate in classification.candidates[:top]],
            image=photo,
            model=ModelName(version=manifest.version),
            timings_ms=timings,
        )


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
        outcome = {"error": record.trouble} | record.outcome
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


class AnswerList(BaseModel):
    """Classifications, the newest first."""

    classifications: list[Answer]
    next_cursor: str | None = Field(description="Ask with it for the next ones; null after the last")


class Announcement(BaseModel):
    """A photo that is about to be uploaded."""

    content_type: str = Field(examples=["image/jpeg"])
    size: int = Field(gt=0, description="Bytes", examples=[3_145_728])


class UploadForm(BaseModel):
    """Where to send an announced photo: a form that takes that type and size, and nothing else."""

    id: str = Field(description="The id of the classification to come")
    url: str = Field(description="POST a multipart form there: the fields, then the file as the part `file`")
    fields: dict[str, str]
    expires_at: datetime


class SpeciesEntry(BaseModel):
    """A species that the model knows."""

    species: str = Field(description="The slug", examples=["zea-mays"])
    scientific_name: str
    common_name: str
    common_names: dict[str, str] = Field(description="By language")
    family: str | None
    role: Role | None

    @classmethod
    def of(cls, species: Species, lang: Language) -> Self:
        """Return a species in the caller's language."""
        return cls(
            species=species.slug,
            scientific_name=species.scientific_name,
            common_name=common_name(species, lang),
            common_names=species.common_names,
            family=species.family,
            role=species.role,
        )


class SpeciesList(BaseModel):
    """Every species that the model knows."""

    species: list[SpeciesEntry]


class ModelCard(BaseModel):
    """The model that is running: where it comes from and how good it was measured to be."""

    version: str
    source: str = Field(description="The channel it came from, or `baked-in`", examples=["stable"])
    since: datetime = Field(description="When the instance that answers began to use it")
    created_at: datetime
    input: Recipe
    species: int = Field(description="How many species it knows")
    dataset: Dataset
    metrics: dict[str, Any]
    agreement: dict[str, float]

    @classmethod
    def of(cls, manifest: Manifest, source: str, since: datetime) -> Self:
        """Return what a manifest tells the public, and where this instance has it from."""
        return cls(
            version=manifest.version,
            source=source,
            since=since,
            created_at=manifest.created_at,
            input=manifest.input,
            species=len(manifest.labels),
            dataset=manifest.dataset,
            metrics=manifest.metrics,
            agreement=manifest.agreement,
        )


class Health(BaseModel):
    """Whether the service is well."""

    status: Literal["ok"]
    model: ModelName


def common_name(species: Species, lang: Language) -> str:
    """Return a species' name in a language, or in English, or its scientific name."""
    names = species.common_names
    return names.get(lang) or names.get("en") or species.scientific_name
