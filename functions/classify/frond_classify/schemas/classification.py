"""Response schemas for `/v1/classifications`, and the request schema for feedback."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from frond.classifier import Candidate, ClassifierOutput, Verdict
from frond.image_quality import Issue
from frond.records import Door, Record, Status
from frond.taxon import Rank, Taxon
from frond_classify.http.server_timing import ServerTiming
from frond_classify.i18n import Language, advice, common_name
from frond_classify.inference import ClassifiedPhoto, ClassifyOptions, Matrix, PlantClassification
from frond_classify.schemas.lazy_model import LazyModel

Role = Literal["crop", "weed"]
EVIDENCE = Field(
    default=None,
    description="With `explain`: how much each part of the photo supports the first of all predictions, 0 to "
    "1. Rows from the top, columns from the left, over the whole photo; 0 outside the model's input.",
)

TAXON = Field(
    default=None,
    description="The lowest of species, genus and family that is sure. Null if none is, if the plant is not "
    "recognised, and if all photos are too blurred or too dark",
)


def _refer_to_plants(schema: dict[str, Any]) -> None:
    """Document the items by the schema of `/v1/detections`, which no classification imports."""
    schema["anyOf"][0]["items"] = {"$ref": "#/components/schemas/DetectedPlant"}


class SpeciesPrediction(BaseModel):
    """A predicted species."""

    species: str = Field(description="The species' slug", examples=["zea-mays"])
    scientific_name: str = Field(examples=["Zea mays"])
    common_name: str = Field(examples=["Maize"])
    role: Role | None = Field(examples=["crop"])
    confidence: float = Field(ge=0, le=1, description="Calibrated probability", examples=[0.983])

    @classmethod
    def from_candidate(cls, candidate: Candidate, lang: Language) -> Self:
        """Return a candidate's prediction with its name in a language."""
        species = candidate.species
        return cls(
            species=species.slug,
            scientific_name=species.scientific_name,
            common_name=common_name(species, lang),
            role=species.role,
            confidence=round(candidate.confidence, 6),
        )


class TaxonPrediction(BaseModel):
    """The lowest rank that is sure, as a botanist would name it."""

    rank: Rank
    name: str = Field(description="The scientific name", examples=["Poaceae"])
    confidence: float = Field(
        ge=0, le=1, description="That of all its species together, at least 0.9", examples=[0.99]
    )

    @classmethod
    def from_taxon(cls, taxon: Taxon | None) -> Self | None:
        """Return a taxon's prediction; None for none."""
        if taxon is None:
            return None
        return cls(rank=taxon.rank, name=taxon.name, confidence=round(taxon.confidence, 6))


class ImageIssue(BaseModel):
    """A defect that makes a photo hard to classify, and advice."""

    issue: Issue
    advice: str = Field(description="One sentence in the requested language")

    @classmethod
    def from_issue(cls, issue: Issue, lang: Language) -> Self:
        """Return an issue with advice in a language."""
        return cls(issue=issue, advice=advice(issue, lang))


class ImageInfo(BaseModel):
    """Size, format and defects of a photo."""

    width: int = Field(description="Pixels, upright", examples=[4032])
    height: int = Field(description="Pixels, upright", examples=[3024])
    format: str = Field(examples=["JPEG"])
    issues: list[ImageIssue] = Field(default=[], description="Defects that make the photo hard to classify")

    @classmethod
    def from_photo(cls, classified: ClassifiedPhoto, lang: Language) -> Self:
        """Return the information about a photo."""
        return cls(**_image_members(classified, lang))


class ImageResult(ImageInfo):
    """A photo and its own classification."""

    verdict: Verdict
    taxon: TaxonPrediction | None = TAXON
    predictions: list[SpeciesPrediction] = Field(description="The likeliest first")
    evidence: Matrix | None = EVIDENCE

    @classmethod
    def from_classified(cls, classified: ClassifiedPhoto, options: ClassifyOptions) -> Self:
        """Return the result of a photo."""
        return cls(
            **_image_members(classified, options.lang),
            verdict=classified.output.verdict,
            taxon=TaxonPrediction.from_taxon(classified.output.taxon),
            predictions=_predictions(classified.output, options),
            evidence=classified.activation_map,
        )


class ModelRef(BaseModel):
    """The model that classified the photo."""

    version: str = Field(examples=["2026.11.21-1a2b3c4d"])


class SourceInfo(BaseModel):
    """The origin of the photo: the HTTP API or an S3 upload."""

    door: Door
    key: str | None = Field(description="The object's key, for an S3 upload")


class StageTimings(BaseModel):
    """Durations of the stages, in milliseconds."""

    decode: float
    inference: float
    total: float

    @classmethod
    def from_timing(cls, timing: ServerTiming) -> Self:
        """Return the durations so far."""
        return cls(
            decode=timing.milliseconds("decode"),
            inference=timing.milliseconds("inference"),
            total=timing.total,
        )


class FeedbackRequest(LazyModel):
    """The user's correction of a classification."""

    species: str | None = Field(
        pattern="^[a-z0-9]+(-[a-z0-9]+)*$",
        max_length=100,
        description="The slug of the right species, one that Frond knows or another; null for no plant",
        examples=["zea-mays"],
    )
    comment: str | None = Field(default=None, max_length=1000, examples=["Two leaves, eight days old"])
    consent: bool = Field(default=False, description="Whether the photo may be used to improve the model")


class ClassificationResult(BaseModel):
    """The result of a classification, as it is stored in its record."""

    verdict: Verdict | None = None
    taxon: TaxonPrediction | None = TAXON
    predictions: list[SpeciesPrediction] = Field(
        default=[], description="The likeliest first; of several photos together"
    )
    image: ImageInfo | None = Field(default=None, description="The first photo; null until it was read")
    images: list[ImageResult] = Field(default=[], description="Every photo, and its own classification")
    evidence: Matrix | None = EVIDENCE
    model: ModelRef | None = Field(default=None, description="Null until the photo was classified")
    error: dict[str, Any] | None = Field(
        default=None, description="A problem document: why it failed, or why it is tried again"
    )
    timings_ms: StageTimings | None = None
    detections: list[dict[str, Any]] | None = Field(
        default=None,
        description="The plants of an upload, as `POST /v1/detections` finds them, in a stack with "
        "`DetectPlants`; null if it was not searched",
        json_schema_extra=_refer_to_plants,
    )
    detector: ModelRef | None = Field(default=None, description="The detector that found the plants")

    @classmethod
    def from_classification(
        cls, classification: PlantClassification, options: ClassifyOptions, timing: ServerTiming
    ) -> Self:
        """Return the result of classified photos."""
        first = classification.photos[0]
        return cls(
            verdict=classification.output.verdict,
            taxon=TaxonPrediction.from_taxon(classification.output.taxon),
            predictions=_predictions(classification.output, options),
            image=ImageInfo.from_photo(first, options.lang),
            images=[ImageResult.from_classified(photo, options) for photo in classification.photos],
            evidence=first.activation_map,
            model=ModelRef(version=classification.model_version),
            timings_ms=StageTimings.from_timing(timing),
        )


class ClassificationStatus(BaseModel):
    """The id and the status of a classification."""

    id: str
    status: Status


class ClassificationResponse(ClassificationResult, ClassificationStatus):
    """A classification."""

    source: SourceInfo
    owner: str | None = Field(
        description="The id of the API key that it belongs to; null for the operator's",
        examples=["k1l2m3n4o5"],
    )
    tag: str | None = Field(description="The caller's word for it", examples=["walk-7"])
    feedback: FeedbackRequest | None
    created_at: datetime

    @classmethod
    def from_record(cls, record: Record) -> Self:
        """Return the response that a stored record holds."""
        return cls.model_validate({"error": record.last_error} | record.result | _record_members(record))

    @classmethod
    def from_result(cls, result: ClassificationResult, record: Record) -> Self:
        """Return the response for a result that was just computed, and its record."""
        return cls.model_validate(dict(result) | _record_members(record))


class ClassificationListResponse(LazyModel):
    """Classifications, the newest first."""

    classifications: list[ClassificationResponse]
    next_cursor: str | None = Field(description="The `cursor` of the next page; null after the last")


def _predictions(output: ClassifierOutput, options: ClassifyOptions) -> list[SpeciesPrediction]:
    top = output.candidates[: options.top]
    return [SpeciesPrediction.from_candidate(candidate, options.lang) for candidate in top]


def _image_members(classified: ClassifiedPhoto, lang: Language) -> dict[str, Any]:
    photo = classified.photo
    found = [ImageIssue.from_issue(issue, lang) for issue in classified.issues]
    return {"width": photo.width, "height": photo.height, "format": photo.format, "issues": found}


def _record_members(record: Record) -> dict[str, Any]:
    return {
        "id": record.identifier,
        "status": record.status,
        "source": {"door": record.door, "key": record.key},
        "owner": record.owner,
        "tag": record.tag,
        "feedback": record.feedback,
        "created_at": record.created_at,
    }
