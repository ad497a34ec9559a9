"""What the API tells of the model that runs, and of what it knows."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field

from frond.manifest import DatasetInfo, Manifest, SpeciesLabel
from frond.preprocessing import PreprocessingSpec
from frond_classify.i18n import Language, common_name
from frond_classify.schemas.classification import ModelName, Role
from frond_classify.schemas.lazy_model import Deferred


class SpeciesEntry(Deferred):
    """A species that the model knows."""

    species: str = Field(description="The slug", examples=["zea-mays"])
    scientific_name: str
    common_name: str
    common_names: dict[str, str] = Field(description="By language")
    family: str | None
    role: Role | None
    eppo_code: str | None = Field(description="See gd.eppo.int", examples=["ZEAMX"])

    @classmethod
    def of(cls, species: SpeciesLabel, lang: Language) -> Self:
        """Return a species in the caller's language."""
        return cls(
            species=species.slug,
            scientific_name=species.scientific_name,
            common_name=common_name(species, lang),
            common_names=species.common_names,
            family=species.family,
            role=species.role,
            eppo_code=species.eppo_code,
        )


class SpeciesList(Deferred):
    """Every species that the model knows."""

    species: list[SpeciesEntry]


class ModelCard(Deferred):
    """The model that is running: where it comes from and how good it was measured to be."""

    version: str
    source: str = Field(description="The channel it came from, or `baked-in`", examples=["stable"])
    since: datetime = Field(description="When the instance that answers began to use it")
    created_at: datetime
    input: PreprocessingSpec
    species: int = Field(description="How many species it knows")
    dataset: DatasetInfo
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


class Health(Deferred):
    """Whether the service is well."""

    status: Literal["ok"]
    model: ModelName
