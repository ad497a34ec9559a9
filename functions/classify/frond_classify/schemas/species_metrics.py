"""Response schemas for a species' measured quality, from the manifest's metrics of the test split."""

from typing import Any, Self

from pydantic import Field

from frond_classify.schemas.lazy_model import LazyModel


class SpeciesMetrics(LazyModel):
    """How often answers with a species are right, on the test photos."""

    precision: float = Field(ge=0, le=1, description="Share of the answers with this species that are right")
    precision_interval: tuple[float, float] = Field(description="95 %, exact")
    recall: float = Field(ge=0, le=1, description="Share of the photos of this species that get it as answer")
    recall_interval: tuple[float, float] = Field(description="95 %, exact")
    photos: int = Field(description="Test photos of this species")

    @classmethod
    def from_metrics(cls, metrics: dict[str, Any], slug: str) -> Self | None:
        """Return the measured quality of a species; None where the manifest has none."""
        found = metrics.get("species", {}).get(slug)
        if found is None or "precision_low" not in found:
            return None
        return cls(
            precision=found["precision"],
            precision_interval=(found["precision_low"], found["precision_high"]),
            recall=found["recall"],
            recall_interval=(found["recall_low"], found["recall_high"]),
            photos=int(found["support"]),
        )


class Lookalike(LazyModel):
    """A species that the model confused with another one."""

    species: str = Field(description="The slug", examples=["apera-spica-venti"])
    photos: int = Field(description="Test photos of either species that got the other one as answer")


def lookalikes(metrics: dict[str, Any], slug: str) -> list[Lookalike]:
    """Return the species that were confused with a species, the most often confused first."""
    confused: dict[str, dict[str, int]] = metrics.get("confused", {})
    counts = dict(confused.get(slug, {}))
    for other, answers in confused.items():
        if slug in answers:
            counts[other] = counts.get(other, 0) + answers[slug]
    return [
        Lookalike(species=other, photos=n) for other, n in sorted(counts.items(), key=lambda pair: -pair[1])
    ]
