"""The lowest rank that a classification is sure of: the species, else the genus, else the family."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

Rank = Literal["species", "genus", "family"]
# Wrong once in ten times at most, as far as the confidences are true.
MIN_CONFIDENCE = 0.9


class Named(Protocol):
    """A species by its names."""

    @property
    def scientific_name(self) -> str:
        """Genus and epithet."""

    @property
    def family(self) -> str | None:
        """The family; None if it is unknown."""


@dataclass(frozen=True, slots=True)
class Taxon:
    """A taxon, and the probability (0 to 1) that the photo shows one of its species."""

    rank: Rank
    name: str
    confidence: float


def lowest_taxon(candidates: Iterable[tuple[Named, float]]) -> Taxon | None:
    """Return the lowest taxon whose species together reach :data:`MIN_CONFIDENCE`; None if there is none.

    Parameters
    ----------
    candidates
        Every species of the model with its confidence.
    """
    species = list(candidates)
    for rank, name_of in RANKS.items():
        confidences: defaultdict[str, float] = defaultdict(float)
        for each, confidence in species:
            if name := name_of(each):
                confidences[name] += confidence
        best = max(confidences, key=confidences.__getitem__, default="")
        if best and confidences[best] >= MIN_CONFIDENCE:
            return Taxon(rank, best, min(confidences[best], 1.0))
    return None


def _genus(species: Named) -> str | None:
    # A name without a known family may be no scientific name, but that of a folder.
    first, _, epithet = species.scientific_name.partition(" ")
    return first if epithet and species.family else None


RANKS: dict[Rank, Callable[[Named], str | None]] = {
    "species": lambda species: species.scientific_name,
    "genus": _genus,
    "family": lambda species: species.family,
}
