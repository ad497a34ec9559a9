"""Languages of responses: names of species, and advice on photos."""

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator

from frond.image_quality import Issue
from frond.manifest import SpeciesLabel

Language = Literal["en", "es", "fr"]


def primary_subtag(tag: Any) -> Any:
    """Return the language of a tag such as ``es-MX``, in lower case; the region is ignored."""
    return re.split("[-_]", tag.strip().lower())[0] if isinstance(tag, str) else tag


# A language in a query: as in `Accept-Language`, upper case and a region make no difference.
LanguageTag = Annotated[Language, BeforeValidator(primary_subtag)]
ENGLISH: Language = "en"
# A row for each issue, a column for each language. The names of species come from the model's manifest.
_ADVICE = Path(__file__).parent / "advice.csv"


def common_name(species: SpeciesLabel, lang: Language) -> str:
    """Return a species' name in a language, else in English, else its scientific name."""
    names = species.common_names
    return names.get(lang) or names.get(ENGLISH) or species.scientific_name


def advice(issue: Issue, lang: Language) -> str:
    """Return a sentence with advice on an issue."""
    return _advice()[issue][lang]


def select_language(lang: Language | None, headers: Mapping[str, str]) -> Language | None:
    """Return the language of the query, else of the `Accept-Language` header; None without either."""
    return lang or parse_accept_language(headers.get("accept-language") or "")


def parse_accept_language(accept_language: str) -> Language | None:
    """Return the supported language with the highest weight in the header (RFC 9110, 12.5.4).

    The region of a language such as ``es-MX`` is ignored. None if no language is supported.
    """
    weighted = [_parse_weighted(each) for each in accept_language.split(",")]
    accepted = [name for weight, name in sorted(weighted, key=lambda each: -each[0]) if weight > 0]
    return next((lang for name in accepted for lang in get_args(Language) if name == lang), None)


def _parse_weighted(part: str) -> tuple[float, str]:
    name, _, weight = part.partition(";")
    try:
        return float(weight.strip().removeprefix("q=") or 1), primary_subtag(name)
    except ValueError:
        return 0, ""


@cache
def _advice() -> dict[str, dict[str, str]]:
    with _ADVICE.open(encoding="utf-8", newline="") as file:
        return {row["issue"]: row for row in csv.DictReader(file)}
