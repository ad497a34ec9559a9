"""The language that is asked for, and what is said in it."""

import csv
from pathlib import Path
from typing import get_args

import pytest

from frond.image_quality import Issue
from frond.manifest import SpeciesLabel
from frond_classify.i18n import Language, advice, chosen, common_name, preferred

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
def test_the_first_language_that_we_speak_is_taken(header: str, lang: str | None) -> None:
    assert preferred(header) == lang


def test_the_query_has_the_last_word() -> None:
    assert chosen("es", {"accept-language": "fr"}) == "es"
    assert chosen(None, {"accept-language": "fr"}) == "fr"
    assert chosen(None, {}) is None


def test_every_issue_has_advice_in_every_language() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        assert {row["issue"] for row in csv.DictReader(file)} == set(get_args(Issue))
    said = [advice(issue, lang) for issue in get_args(Issue) for lang in get_args(Language)]
    assert len(set(said)) == len(said)
    assert all(sentence.endswith(".") for sentence in said)


def test_a_name_that_is_missing_is_said_in_english_or_in_latin() -> None:
    known = SpeciesLabel(
        slug="zea-mays", scientific_name="Zea mays", common_names={"en": "Maize", "es": "Maíz"}
    )
    unknown = SpeciesLabel(slug="zea-mays", scientific_name="Zea mays")
    assert [common_name(known, lang) for lang in get_args(Language)] == ["Maize", "Maíz", "Maize"]
    assert common_name(unknown, "fr") == "Zea mays"
