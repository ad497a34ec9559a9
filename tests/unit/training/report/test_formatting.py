"""Formatting of numbers, dates and names."""

from datetime import UTC, datetime
from typing import Any

import pytest

from frond.manifest import SpeciesLabel
from training.report import formatting


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (0.9426, "94.3 %"),
        (1, "100 %"),
        (0, "0 %"),
        (0.9999, "> 99.9 %"),
        (0.0001, "< 0.1 %"),
        (0.5, "50.0 %"),
    ],
)
def test_a_share_is_never_rounded_to_0_or_100(share: float, expected: str) -> None:
    assert formatting.percent(share) == expected.replace(" %", "\u00a0%")


def test_whole_percentages() -> None:
    assert formatting.percent(0.95, 0) == "95\u00a0%"
    assert formatting.percent(0.999, 0) == "> 99\u00a0%"


@pytest.mark.parametrize(
    ("shares", "expected"), [(-0.0019, "−0.19"), (0.004, "+0.40"), (0.0, "0.00"), (-1e-7, "0.00")]
)
def test_a_difference_has_its_sign(shares: float, expected: str) -> None:
    assert formatting.difference(shares) == expected


@pytest.mark.parametrize(
    ("number", "nouns", "expected"),
    [
        (1, ("photo",), "1 photo"),
        (4431, ("photo",), "4,431 photos"),
        (12, ("species", "species"), "12 species"),
        (1234.0, (), "1,234"),
    ],
)
def test_a_count_agrees_with_its_noun(number: float, nouns: tuple[str, ...], expected: str) -> None:
    assert formatting.count(number, *nouns) == expected.replace(" ", "\u00a0")


def test_sizes_times_and_dates() -> None:
    assert formatting.megabytes(22_297_040) == "22.3\u00a0MB"
    assert formatting.megabytes(4_200) == "4.2\u00a0kB"
    assert formatting.milliseconds(7.694) == "7.7\u00a0ms"
    assert formatting.milliseconds(123.4) == "123\u00a0ms"
    assert formatting.date(datetime(2026, 11, 7, tzinfo=UTC)) == "7\u00a0November 2026"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "none"),
        (4e-4, "0.0004"),
        ([0.5, 2], "0.5, 2"),
        ([], "none"),
        ("a", "a"),
    ],
)
def test_settings(value: Any, expected: str) -> None:
    assert formatting.setting(value) == expected


def test_nested_settings_have_short_names_unless_names_repeat() -> None:
    settings = {"seed": 1, "recipe": {"rate": 2, "seed": 3, "augmentation": {"zoom": 4}}}

    assert formatting.flat(settings) == {"seed": 1, "rate": 2, "recipe, seed": 3, "zoom": 4}


def test_a_species_without_an_english_name_has_its_scientific_one() -> None:
    named = {"common_names": {"en": "Maize", "fr": "Maïs"}}
    assert formatting.common(SpeciesLabel(slug="zea-mays", scientific_name="Zea mays", **named)) == "Maize"
    assert formatting.common(SpeciesLabel(slug="zea-mays", scientific_name="Zea mays")) == "Zea mays"


def test_markdown_is_escaped() -> None:
    assert formatting.markdown("a|b *c* <d>\n# e") == r"a\|b \*c\* \<d\> \# e"
    assert formatting.markdown("Small-flowered cranesbill (2.5 %)") == "Small-flowered cranesbill (2.5 %)"


def test_intervals_and_p_values() -> None:
    assert formatting.interval((0.98, 1)) == "98.0 to 100\u00a0%"
    assert formatting.interval((0, 0.0203), 0) == "0 to 2\u00a0%"
    assert [formatting.p_value(value) for value in (0.0001, 0.0123, 0.5)] == ["< 0.001", "0.012", "0.50"]
