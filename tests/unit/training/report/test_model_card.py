"""Rendering of the model card: the standard headings, and the same metrics as the page."""

import re
from dataclasses import replace

import pytest

from tests.unit.training.report.conftest import inputs_of
from training.report import ReportInputs
from training.report.render import render_card


@pytest.fixture(scope="module")
def card(inputs: ReportInputs) -> str:
    """The card with every section, with plain spaces."""
    return render_card(inputs).replace("\u00a0", " ")


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


def test_the_card_shows_the_metrics(card: str, inputs: ReportInputs) -> None:
    assert f"# Model card: Frond {inputs.manifest.version}" in card
    assert "| macro F1 | 0.571 (0.432 to 0.765) |" in card
    assert "| accuracy | 81.2 % (54.4 to 96.0 %) |" in card
    assert "| macro F1 of int8 less that of float (validation) | −0.12 points |" in card
    assert "| *Planta Wheat* | Wheat | 0.833 | 0.833 | 0.825 | 6 |" in card
    assert "| 1 | 81.2 % | – | 0.713 | 61.3 % | 0.032 |" in card
    assert "| 3 | 92.3 % | +11.09 (+10.09 to +13.09) | 0.823 | 72.3 % | 0.032 |" in card
    assert "| stones | 7 | 85.7 % (42.1 to 99.6 %) | 85.7 % |" in card


def test_the_training_photos_are_attributed(card: str) -> None:
    assert "- Licence of the training photos: CC BY 4.0" in card
    assert "- Source of the training photos: A. Gardener" in card


def test_limits_follow_from_the_metrics(card: str) -> None:
    limits = card.partition("## Limits")[2].partition("##")[0]

    assert "- Low F1: Beet, 0.111 on 2 photos." in limits
    assert "- 2 of 2 photos of Beet were classified as Maize." in limits
    assert "Wheat were classified" not in limits, "one photo is no tendency"


def test_the_commands_to_reproduce_the_model(card: str) -> None:
    commands = card.partition("```\n")[2].partition("```")[0]

    assert commands.splitlines() == [
        "training prepare PHOTOS DATASET --size=16 --seed=11",
        "training fit DATASET RUN --recipe RUN.json",
        "training export DATASET RUN MODEL",
        "training evaluate DATASET MODEL",
    ]
    assert "| Weight decay | 0.0625 |" in card
    assert "| Stages | head | all |" in card
    assert "| Learning rate | 0.03125 | – |" in card


def test_a_split_without_groups_is_warned_of(card: str) -> None:
    assert "**Warning**: no group was given: photos of one plant may be in several splits" in card
    assert "How often the split had been evaluated before was not counted." in card


def test_tables_have_all_columns_in_every_row(card: str) -> None:
    for table in re.findall(r"(?:^\|.*\n)+", card, re.MULTILINE):
        head, rule, *rows = table.splitlines()
        columns = len(re.findall(r"(?<!\\)\|", head))
        assert re.fullmatch(r"(\|-{3}:?)+\|", rule)
        assert rows
        assert all(len(re.findall(r"(?<!\\)\|", row)) == columns for row in [rule, *rows])


def test_names_are_escaped() -> None:
    card = render_card(inputs_of(names=("<b>x</b> | y", "*stars*\n## Heading", "`a`")))

    assert "<b>" not in card
    assert "\n## Heading" not in card
    assert r"\<b\>x\</b\> \| y" in card
    assert r"\*stars\* \#\# Heading" in card


def test_a_section_without_input_is_left_out(inputs: ReportInputs) -> None:
    bare = ReportInputs(
        inputs.manifest.model_copy(update={"agreement": {}, "libraries": {}, "code_commit": None}),
        inputs.metrics.model_copy(update={"unknown": {}, "multi_image": []}),
    )

    card = render_card(bare)

    assert not any(
        word in card for word in ("None", "nan", "int8 less", "Undefined", "Code:", "classified together")
    )
    assert "Libraries: not recorded." in card


def test_the_reason_of_a_forced_release(inputs: ReportInputs) -> None:
    forced = inputs.manifest.model_copy(update={"forced": "The harvest does not wait."})

    assert "failed gate**: The harvest does not wait." in render_card(replace(inputs, manifest=forced))
