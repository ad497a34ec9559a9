"""The weakest species and the most frequent confusions."""

from collections.abc import Sequence
from dataclasses import dataclass

from frond.manifest import SpeciesLabel
from training.artifacts.metrics_file import Metrics


@dataclass(frozen=True, slots=True)
class Weak:
    """A species with a low F1."""

    species: SpeciesLabel
    f1: float
    photos: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Photos of one species that were classified as another."""

    truth: SpeciesLabel
    answer: SpeciesLabel
    photos: int
    of: int

    @property
    def share(self) -> float:
        """Share of the photos of the true species, 0 to 1."""
        return self.photos / self.of


def weakest(metrics: Metrics, labels: Sequence[SpeciesLabel], most: int = 3) -> list[Weak]:
    """Return the species with an F1 below the mean, the lowest first."""
    seen = [s for s in labels if metrics.species[s.slug]["support"] > 0]
    below = [s for s in seen if metrics.species[s.slug]["f1-score"] < metrics.macro_f1]
    below.sort(key=lambda s: metrics.species[s.slug]["f1-score"])
    return [
        Weak(s, metrics.species[s.slug]["f1-score"], int(metrics.species[s.slug]["support"]))
        for s in below[:most]
    ]


def confusions(metrics: Metrics, labels: Sequence[SpeciesLabel], most: int = 8) -> list[Confusion]:
    """Return the most frequent confusions, by photos, then by share."""
    found = [
        Confusion(labels[row], labels[column], photos, sum(counts))
        for row, counts in enumerate(metrics.confusion)
        for column, photos in enumerate(counts)
        if photos and row != column
    ]
    return sorted(found, key=lambda c: (-c.photos, -c.share))[:most]
