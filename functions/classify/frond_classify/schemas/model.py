"""Response schemas for `/v1/model`, `/v1/species` and `/v1/health`."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from frond.manifest import DatasetInfo, Manifest, SpeciesLabel
from frond.preprocessing import PreprocessingSpec
from frond_classify.i18n import Language, common_name
from frond_classify.schemas.classification import ModelRef, Role
from frond_classify.schemas.lazy_model import LazyModel
from frond_classify.schemas.species_metrics import Lookalike, SpeciesMetrics, lookalikes


class SpeciesEntry(LazyModel):
    """A species of the model."""

    species: str = Field(description="The slug", examples=["zea-mays"])
    scientific_name: str
    common_name: str
    common_names: dict[str, str] = Field(description="By language")
    family: str | None
    role: Role | None
    eppo_code: str | None = Field(description="See gd.eppo.int", examples=["ZEAMX"])
    metrics: SpeciesMetrics | None = Field(description="Null where the manifest has none")
    lookalikes: list[Lookalike] = Field(description="Species that were confused with it on test photos")

    @classmethod
    def from_species(cls, species: SpeciesLabel, lang: Language, metrics: dict[str, Any]) -> Self:
        """Return a species with its common name in a language and its part of the manifest's metrics."""
        return cls(
            species=species.slug,
            scientific_name=species.scientific_name,
            common_name=common_name(species, lang),
            common_names=species.common_names,
            family=species.family,
            role=species.role,
            eppo_code=species.eppo_code,
            metrics=SpeciesMetrics.from_metrics(metrics, species.slug),
            lookalikes=lookalikes(metrics, species.slug),
        )


class SpeciesListResponse(LazyModel):
    """Every species of the model."""

    species: list[SpeciesEntry]


class ModelScope(LazyModel):
    """The plants that the model was trained on. It may take any other for one of them."""

    species: int = Field(description="The number of species")
    crops: int = Field(description="How many of them are crops")
    weeds: int = Field(description="How many of them are weeds")
    families: list[str] = Field(description="Their families, sorted")
    growth_stage: str | None = Field(
        description="Of the plants in the training photos; null if that is not stated", examples=["seedling"]
    )
    link: str = Field(description="The path of the list of species", examples=["/v1/species"])

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Self:
        """Return the scope that a manifest states."""
        labels = manifest.labels
        return cls(
            species=len(labels),
            crops=sum(label.role == "crop" for label in labels),
            weeds=sum(label.role == "weed" for label in labels),
            families=sorted({label.family for label in labels if label.family}),
            growth_stage=manifest.growth_stage,
            link="/v1/species",
        )


class ModelResponse(LazyModel):
    """The active model: its origin and its measured quality."""

    version: str
    source: str = Field(description="The channel of the model, or `baked-in`", examples=["stable"])
    since: datetime = Field(description="When this instance of the function activated the model")
    created_at: datetime
    input: PreprocessingSpec
    species: int = Field(description="The number of species")
    scope: ModelScope
    dataset: DatasetInfo
    metrics: dict[str, Any]
    agreement: dict[str, float]

    @classmethod
    def from_manifest(cls, manifest: Manifest, source: str, since: datetime) -> Self:
        """Return the public part of a manifest, and where this instance loaded the model from."""
        return cls(
            version=manifest.version,
            source=source,
            since=since,
            created_at=manifest.created_at,
            input=manifest.input,
            species=len(manifest.labels),
            scope=ModelScope.from_manifest(manifest),
            dataset=manifest.dataset,
            metrics=manifest.metrics,
            agreement=manifest.agreement,
        )


class HealthResponse(LazyModel):
    """The health of the service."""

    status: Literal["ok"]
    model: ModelRef
