"""What the API answers with: the contract's shapes, and what makes them from the model's words."""

from datetime import UTC, datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from frond.classifier import Candidate, Classification, Verdict
from frond.images import Photo, Recipe
from frond.manifest import Dataset, Manifest, Species

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
    issues: list[str] = Field(description="What makes the photo hard to judge")


class ModelName(BaseModel):
    """Which model answered."""

    version: str = Field(examples=["2026.11.21-1a2b3c4d"])


class Source(BaseModel):
    """Which door the photo came through."""

    door: Literal["http", "s3"]
    key: str | None = Field(description="The object's key, for the S3 door")


class Timings(BaseModel):
    """Where the time went, in milliseconds."""

    decode: float
    inference: float
    total: float


class Answer(BaseModel):
    """A classification."""

    id: str
    status: Literal["queued", "running", "succeeded", "failed"]
    verdict: Verdict | None
    predictions: list[Prediction] = Field(description="The likeliest first")
    image: ImageFacts
    model: ModelName
    source: Source
    error: dict[str, Any] | None = None
    feedback: dict[str, Any] | None = None
    created_at: datetime
    timings_ms: Timings

    @classmethod
    def over_http(
        cls,
        identifier: str,
        classification: Classification,
        photo: Photo,
        manifest: Manifest,
        timings: Timings,
        top: int,
        lang: Language,
    ) -> Self:
        """Return the answer to a photo that came with the request."""
        return cls(
            id=identifier,
            status="succeeded",
            verdict=classification.verdict,
            predictions=[Prediction.of(candidate, lang) for candidate in classification.candidates[:top]],
            image=ImageFacts(width=photo.width, height=photo.height, format=photo.format, issues=[]),
            model=ModelName(version=manifest.version),
            source=Source(door="http", key=None),
            created_at=datetime.now(UTC),
            timings_ms=timings,
        )


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
