"""The languages that Frond answers in: names of species, and advice on photos."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from frond.image_quality import Issue
from frond.manifest import SpeciesLabel

Language = Literal["en", "es", "fr"]

ENGLISH: Language = "en"
# A row for each issue, a column for each language. The names of species come with the model, from the
# table that it was trained with.
_ADVICE = Path(__file__).parent / "advice.csv"


def common_name(species: SpeciesLabel, lang: Language) -> str:
    """Return a species' name in a language, or in English, or its scientific name."""
    names = species.common_names
    return names.get(lang) or names.get(ENGLISH) or species.scientific_name


def advice(issue: Issue, lang: Language) -> str:
    """Return a sentence that says what to do about an issue."""
    return _table()[issue][lang]


def chosen(lang: Language | None, headers: Mapping[str, str]) -> Language | None:
    """Return the language that a request asks for by its query, else by its headers; None if by neither."""
    return lang or preferred(headers.get("accept-language") or "")


def preferred(accept_language: str) -> Language | None:
    """Return the first of our languages by the weights of an `Accept-Language` header (RFC 9110, 12.5.4).

    Of a language with a region, such as ``es-MX``, the language counts. None if none of ours is there.
    """
    weighed = [_weighed(each) for each in accept_language.split(",")]
    wanted = [name for weight, name in sorted(weighed, key=lambda each: -each[0]) if weight > 0]
    return next((ours for name in wanted for ours in get_args(Language) if name == ours), None)


def _weighed(part: str) -> tuple[float, str]:
    name, _, weight = part.partition(";")
    try:
        return float(weight.strip().removeprefix("q=") or 1), name.strip().lower().split("-")[0]
    except ValueError:
        return 0, ""


@cache
def _table() -> dict[str, dict[str, str]]:
    with _ADVICE.open(encoding="utf-8", newline="") as file:
        return {row["issue"]: row for row in csv.DictReader(file)}
