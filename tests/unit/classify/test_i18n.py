"""The language of a response, and translations."""

import csv
from pathlib import Path
from typing import get_args

import pytest

from frond.image_quality import Issue
from frond.manifest import SpeciesLabel
from frond_classify.i18n import Language, advice, common_name, parse_accept_language, select_language

TABLE = Path(__file__).parents[3] / "functions" / "classify" / "frond_classify" / "advice.csv"


@pytest.mark.parametrize(
    ("header", "lang"),
    [
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("de-DE,de;q=0.9,fr;q=0.5,en;q=0.7", "en"),
        ("en;q=0.1, fr", "fr"),
        ("fr;q=0,es;q=0.1", "es"),
        ("FR-ca", "fr"),
        ("de,it", None),
        ("*", None),
        ("", None),
        (";;q=,=,en;q=much", None),
        ("en;q=nan", None),
    ],
)
def test_the_supported_language_with_the_highest_weight_is_used(header: str, lang: str | None) -> None:
    assert parse_accept_language(header) == lang


def test_the_query_overrides_the_header() -> None:
    assert select_language("es", {"accept-language": "fr"}) == "es"
    assert select_language(None, {"accept-language": "fr"}) == "fr"
    assert select_language(None, {}) is None


def test_every_issue_has_advice_in_every_language() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        assert {row["issue"] for row in csv.DictReader(file)} == set(get_args(Issue))
    sentences = [advice(issue, lang) for issue in get_args(Issue) for lang in get_args(Language)]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_missing_name_falls_back_to_english_and_then_to_latin() -> None:
    known = SpeciesLabel(
        slug="zea-mays", scientific_name="Zea mays", common_names={"en": "Maize", "es": "Maíz"}
    )
    unknown = SpeciesLabel(slug="zea-mays", scientific_name="Zea mays")
    assert [common_name(known, lang) for lang in get_args(Language)] == ["Maize", "Maíz", "Maize"]
    assert common_name(unknown, "fr") == "Zea mays"
