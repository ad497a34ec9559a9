"""The lowest rank that is sure."""

import pytest

from frond.manifest import SpeciesLabel
from frond.taxon import Taxon, lowest_taxon


def label(name: str, family: str | None = "Poaceae") -> SpeciesLabel:
    return SpeciesLabel(slug=name.lower().replace(" ", "-"), scientific_name=name, family=family)


WHEAT, EMMER = label("Triticum aestivum"), label("Triticum dicoccum")
MAIZE, BEET = label("Zea mays"), label("Beta vulgaris", "Amaranthaceae")


@pytest.mark.parametrize(
    ("confidences", "expected"),
    [
        ((0.93, 0.05, 0.01, 0.01), ("species", "Triticum aestivum", 0.93)),
        ((0.5, 0.45, 0.03, 0.02), ("genus", "Triticum", 0.95)),
        ((0.1, 0.45, 0.44, 0.01), ("family", "Poaceae", 0.99)),
        ((0.4, 0.1, 0.1, 0.4), None),
    ],
)
def test_the_lowest_rank_that_reaches_the_bound(
    confidences: tuple[float, ...], expected: tuple[str, str, float] | None
) -> None:
    found = lowest_taxon(zip((WHEAT, EMMER, MAIZE, BEET), confidences, strict=True))
    if expected is None:
        assert found is None
        return
    rank, name, confidence = expected
    assert found is not None
    assert (found.rank, found.name) == (rank, name)
    assert found.confidence == pytest.approx(confidence)


def test_a_name_without_a_family_has_no_genus() -> None:
    apples = [(label("Apple red", None), 0.5), (label("Apple green", None), 0.5)]
    assert lowest_taxon(apples) is None


def test_rounding_does_not_exceed_certainty() -> None:
    assert lowest_taxon([(WHEAT, 0.7), (EMMER, 0.3 + 1e-12)]) == Taxon("genus", "Triticum", 1.0)
