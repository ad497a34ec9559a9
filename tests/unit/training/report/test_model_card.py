"""The model card: the headings one expects, and the same numbers as the page."""

import re
from dataclasses import replace

import pytest

from tests.unit.training.report.conftest import material_of
from training.report import Material
from training.report.render import make_card


@pytest.fixture(scope="module")
def card(material: Material) -> str:
    """The card where everything was recorded, with plain spaces."""
    return make_card(material).replace("\u00a0", " ")


def test_the_headings_are_those_of_model_cards(card: str) -> None:
    assert re.findall(r"^## (.*)$", card, re.MULTILINE) == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Limits",
        "How to reproduce",
    ]


def test_it_tells_the_numbers(card: str, material: Material) -> None:
    assert f"# Model card: Frond {material.manifest.version}" in card
    assert "| macro F1 | 0.571 (0.432 to 0.765) |" in card
    assert "| accuracy | 81.2 % |" in card
    assert "| int8 against float, macro F1 (validation) | −0.12 points |" in card
    assert "| *Planta Wheat* | Wheat | 0.833 | 0.833 | 0.825 | 6 |" in card
    assert "| 1 | 81.2 % | – | 0.713 | 61.3 % | 0.032 |" in card
    assert "| 3 | 92.3 % | +11.09 (+10.09 to +13.09) | 0.823 | 72.3 % | 0.032 |" in card
    assert "| stones | 7 | 85.7 % | 85.7 % |" in card


def test_it_tells_whose_photos_the_weights_were_learned_from(card: str) -> None:
    assert "- Licence of the photos that its weights were learned from: CC BY 4.0" in card
    assert "- Whose photos: A. Gardener" in card


def test_limits_are_those_of_the_numbers(card: str) -> None:
    limits = card.partition("## Limits")[2].partition("##")[0]

    assert "- Among its weakest: Beet, F1 0.111 on 2 photos." in limits
    assert "- 2 of 2 photos of Beet were taken for Maize." in limits
    assert "Wheat were taken" not in limits, "one photo is no tendency"


def test_it_tells_how_to_make_the_model_again(card: str) -> None:
    commands = card.partition("```\n")[2].partition("```")[0]

    assert commands.splitlines() == [
        "python -m training prepare PHOTOS DATASET --size 16 --seed 11",
        "python -m training fit DATASET RUN",
        "python -m training export DATASET RUN MODEL",
        "python -m training evaluate DATASET MODEL",
    ]
    assert "| Weight decay | 0.0625 |" in card
    assert "| Stages | head | all |" in card
    assert "| Rate | 0.03125 | – |" in card


def test_tables_are_whole(card: str) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", card, re.MULTILINE):
        head, rule, *rows = table.splitlines()
        columns = len(re.findall(r"(?<!\\)\|", head))
        assert re.fullmatch(r"(\|-{3}:?)+\|", rule)
        assert rows
        assert all(len(re.findall(r"(?<!\\)\|", row)) == columns for row in [rule, *rows])


def test_odd_names_are_only_text() -> None:
    card = make_card(material_of(names=("<b>x</b> | y", "*stars*\n## Heading", "`a`")))

    assert "<b>" not in card
    assert "\n## Heading" not in card
    assert r"\<b\>x\</b\> \| y" in card
    assert r"\*stars\* \#\# Heading" in card


def test_what_was_not_recorded_is_left_out(material: Material) -> None:
    bare = Material(
        material.manifest.model_copy(update={"agreement": {}, "libraries": {}, "code_commit": None}),
        material.metrics.model_copy(update={"unknown": {}, "fusion": []}),
    )

    card = make_card(bare)

    assert not any(
        word in card for word in ("None", "nan", "int8 against", "Undefined", "Code:", "judged together")
    )
    assert "Libraries: not recorded." in card


def test_why_a_model_was_forced_out(material: Material) -> None:
    forced = material.manifest.model_copy(update={"forced": "The harvest does not wait."})

    assert "gate refused it**: The harvest does not wait." in make_card(replace(material, manifest=forced))
