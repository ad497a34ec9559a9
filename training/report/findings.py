"""What the numbers say in words: which species are weak, and which are taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass

from frond.manifest import SpeciesLabel
from training.artifacts.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Weak:
    """A species that is often missed or often named wrongly."""

    species: SpeciesLabel
    f1: float
    photos: int


@dataclass(frozen=True, slots=True)
class Confusion:
    """Photos of one species that were answered with another."""

    truth: SpeciesLabel
    answer: SpeciesLabel
    photos: int
    of: int

    @property
    def share(self) -> float:
        """Share of the photos of the true species, 0 to 1."""
        return self.photos / self.of


def weakest(metrics: Metrics, labels: Sequence[SpeciesLabel], most: int = 3) -> list[Weak]:
    """Return the species with the least F1 among those under the mean, the weakest first."""
    seen = [s for s in labels if metrics.species[s.slug]["support"] > 0]
    below = [s for s in seen if metrics.species[s.slug]["f1-score"] < metrics.macro_f1]
    below.sort(key=lambda s: metrics.species[s.slug]["f1-score"])
    return [
        Weak(s, metrics.species[s.slug]["f1-score"], int(metrics.species[s.slug]["support"]))
        for s in below[:most]
    ]


def confusions(metrics: Metrics, labels: Sequence[SpeciesLabel], most: int = 8) -> list[Confusion]:
    """Return the commonest wrong answers, those of more photos first, then of the larger share."""
    found = [
        Confusion(labels[row], labels[column], photos, sum(counts))
        for row, counts in enumerate(metrics.confusion)
        for column, photos in enumerate(counts)
        if photos and row != column
    ]
    return sorted(found, key=lambda c: (-c.photos, -c.share))[:most]
