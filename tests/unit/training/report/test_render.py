"""Rendering of the report page: complete, self-contained and with the right numbers."""

import re
from dataclasses import replace
from typing import Any, cast

import pytest

from frond.manifest import SpeciesLabel
from tests.unit.training.report.conftest import inputs_of
from tests.unit.training.report.page_reader import ReportPage
from training.artifacts.trials import BiasTrial
from training.report import ReportInputs
from training.report.render import SECTIONS, render_card, render_page
from training.report.svg import VARIABLES

pytestmark = pytest.mark.slow
ODD = ('<script>alert(1)</script> & "Co"', "$x^{2}$ $y", "トマト 'n' {{ 7 * 7 }}")


@pytest.fixture(scope="module")
def html(inputs: ReportInputs) -> str:
    """The page with every section."""
    return render_page(inputs)


@pytest.fixture(scope="module")
def page(html: str) -> ReportPage:
    """The parsed page."""
    return ReportPage.of(html)


def test_every_section_is_there_once_and_in_the_navigation(page: ReportPage) -> None:
    names = [section.name for section in SECTIONS]

    assert len(page.ids) == len(set(page.ids))
    assert [name for name in page.ids if name in names] == names
    assert {address for address in page.addresses if f"#{address[1:]}" == address} >= {f"#{n}" for n in names}
    assert all(address[1:] in page.ids for address in page.addresses if address.startswith("#"))


@pytest.mark.parametrize(
    ("missing", "sections"),
    [
        ("examples", {"mistakes", "class-activation-maps"}),
        ("card", {"data-set"}),
        ("history", {"learning-curves"}),
        ("quantization", {"quantization"}),
    ],
)
def test_a_section_without_input_is_left_out(inputs: ReportInputs, missing: str, sections: set[str]) -> None:
    page = ReportPage.of(render_page(replace(inputs, **cast(dict[str, Any], {missing: None}))))

    assert {section.name for section in SECTIONS} - set(page.ids) == sections


def test_a_part_of_a_section_without_input_is_left_out(inputs: ReportInputs) -> None:
    bare = inputs.metrics.model_copy(update={"unknown": {}, "scores": None, "multi_image": []})
    page = ReportPage.of(render_page(replace(inputs, metrics=bare, ood_benchmark=None, settings=None)))

    assert "out-of-distribution" in page.ids
    assert "multi-image" not in page.ids
    assert not {"Photos that it should not identify", "Comparison of scores"} & set(page.headings)


@pytest.mark.parametrize(
    "nothing",
    [None, BiasTrial(biases={"plant-0": 0, "plant-1": 0, "plant-2": 0}, loss=0.3, loss_without=0.3)],
)
def test_biases_of_zero_are_left_out(inputs: ReportInputs, html: str, nothing: BiasTrial | None) -> None:
    assert "Bias correction" in html
    assert "Bias correction" in render_card(inputs)

    assert "Bias correction" not in render_page(replace(inputs, biases=nothing))
    assert "Bias correction" not in render_card(replace(inputs, biases=nothing))


def test_test_time_augmentation_is_shown_with_its_trials(inputs: ReportInputs, page: ReportPage) -> None:
    text = " ".join(page.text.split())

    for part in ("less than 0.753", "6.2\xa0%", "5.2\xa0%, chosen", "0.465", "0.576"):
        assert part.replace("\xa0", " ") in text.replace("\xa0", " ")
    assert "less than 0.753" in " ".join(render_card(inputs).split())


def test_a_model_without_test_time_augmentation(inputs: ReportInputs) -> None:
    assert inputs.tta is not None
    none = replace(
        inputs,
        manifest=inputs.manifest.model_copy(update={"tta": None}),
        tta=inputs.tta.model_copy(update={"gap_below": None}),
    )

    assert "No photo is augmented" in render_page(none)
    assert "mirrored copies" not in render_card(none)


def test_a_model_without_trials_of_augmentation_has_no_section_of_it(inputs: ReportInputs) -> None:
    before = replace(inputs, tta=None, metrics=inputs.metrics.model_copy(update={"tta_share": None}))

    assert "Test-time augmentation" not in render_page(before)


def test_the_page_is_self_contained(html: str, page: ReportPage) -> None:
    assert not page.tags & {"script", "link", "iframe", "object", "embed", "base", "form", "video", "audio"}
    assert all(address.startswith(("data:image/webp;base64,", "#")) for address in page.addresses)
    assert "@import" not in html
    assert all(place.startswith("#") for place in re.findall(r"url\(([^)]*)\)", html))
    # XML namespaces are not loaded.
    assert not re.findall(r"https?://(?!www\.w3\.org/)", html)
    assert not re.findall(r"\bon\w+=", html)


def test_the_page_shows_the_metrics(page: ReportPage) -> None:
    text = " ".join(page.text.replace("\u00a0", " ").split())

    for number in (
        "81.2 %",
        "0.571",
        "0.432 to 0.765",
        "0.046",
        "12.3 ms",
        "75.0 %",
        "90.0 %",
        "Abacus 9000",
    ):
        assert number in text
    assert "−0.12" in text, "int8 lost 0.12 points"
    assert "2 of 2 photos of Beet were classified as Maize" in text
    assert "Weakest: Beet (F1 0.111, 2 photos)" in text
    assert "3,003" in text, "all photos of the train split"
    assert "1 file was excluded" in text
    assert "87.7 %" in text, "stones rejected by the chosen score"
    assert "layer_4 (36 dB)" in text
    assert "lowers the mean loss from 0.333 to 0.222" in text
    assert "3 92.3 % +11.09 (+10.09 to +13.09) 0.82372.3 % 0.032" in text, "three photos together"
    assert "The int8 model loses too much." in text
    assert "Weight decay0.0625" in text


def test_expected_errors_stand_against_those_seen(page: ReportPage) -> None:
    text = " ".join(page.text.replace("\u00a0", " ").split())

    assert "fitted to 345 photos that their networks were not trained on" in text
    assert "Maize and Beet share their probability by a temperature of 1.877" in text
    assert "The calibration ran into its bound." in text
    assert "Log loss 0.432 (95 % 0.346 to 0.568), Brier score 0.234" in text
    assert "all161.8 32.3 to 38.5 %0.42" in text
    assert "over 90 %120.5 22.3 to 38.5 %0.067" in text
    assert "Maize111.2 32.3 to 38.5 %< 0.001" in text
    assert "Beet00" not in text, "no photo was classified as it"
    assert "85.7 % (42.1 to 99.6 %)" in text, "stones"
    assert "95 % interval 54.4 to 96.0 %" in text


def test_the_card_has_expected_errors(inputs: ReportInputs) -> None:
    card = render_card(inputs).replace("\u00a0", " ")

    assert "| errors | 1.8 expected, 3 seen, p = 0.42 |" in card
    assert "| identified over 0.9 and wrong | 0.5 expected, 2 seen of 12 (2.3 to 38.5 %), p = 0.067 |" in card


def test_metrics_of_an_earlier_version_are_rendered(inputs: ReportInputs) -> None:
    species = {
        slug: {name: value for name, value in row.items() if "_" not in name}
        for slug, row in inputs.metrics.species.items()
    }
    before = inputs.metrics.model_copy(
        update={"calibration": None, "accuracy_interval": None, "species": species}
    )
    bare = replace(inputs, metrics=before, calibration=None)

    assert "Errors expected" not in render_page(bare)
    assert "Brier" not in render_card(bare)


def test_the_loss_on_all_validation_photos_is_preferred(inputs: ReportInputs) -> None:
    agreement = inputs.manifest.agreement | {"macro_f1_loss": -0.0034}
    manifest = inputs.manifest.model_copy(update={"agreement": agreement})

    assert "int8 against float+0.34" in ReportPage.of(render_page(replace(inputs, manifest=manifest))).text


def test_misidentified_photos_are_listed(page: ReportPage) -> None:
    text = " ".join(page.text.replace("\u00a0", " ").split())

    assert "pebble.jpg as Wheat (77.0 %)" in text
    assert "sand.txt is not readable: This is not a picture." in text


def test_mistakes_have_class_activation_maps(page: ReportPage) -> None:
    alts = [image["alt"] for image in page.images]

    assert alts[:3] == ["Photo of Beet", "Class activation map for Maize", "Class activation map for Beet"]
    assert len(alts) == 2 * 3 + 3 * 2
    text = " ".join(page.text.replace("\u00a0", " ").split())
    assert "Maize 91.0 % is Beet" in text
    assert "the verdict was uncertain" in text


def test_a_mistake_without_evidence_is_one_picture(inputs: ReportInputs) -> None:
    assert inputs.examples
    plain = [one.model_copy(update={"evidence": None}) for one in inputs.examples.mistakes]
    examples = inputs.examples.model_copy(update={"mistakes": plain, "typical": []})

    page = ReportPage.of(render_page(replace(inputs, examples=examples)))

    assert [image["alt"] for image in page.images] == ["Photo of Beet"] * 2
    assert "class-activation-maps" not in page.ids


def test_pictures_are_attributed(page: ReportPage) -> None:
    text = " ".join(page.text.split())

    assert text.count("Photos: A. Gardener. Licence: CC BY 4.0. Modified:") == 2


def test_plots_have_the_colours_of_the_page(html: str) -> None:
    assert html.count('<svg class="plot"') == 7
    assert not any(colour in html for colour in VARIABLES)
    assert all(
        f"stroke: {variable}" in html or f"fill: {variable}" in html for variable in VARIABLES.values()
    )


def test_names_are_escaped() -> None:
    html = render_page(inputs_of(names=ODD))
    page = ReportPage.of(html)

    assert "script" not in page.tags
    assert all(name in page.text for name in ODD)


def test_a_species_without_a_photo_has_no_scores(inputs: ReportInputs) -> None:
    none = {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 0}
    metrics = inputs.metrics.model_copy(
        update={
            "species": inputs.metrics.species | {"plant-2": none},
            "confusion": [[8, 0, 0], [1, 5, 0], [0, 0, 0]],
        }
    )

    page = ReportPage.of(render_page(replace(inputs, metrics=metrics)))

    assert "Weakest: Beet" not in page.text
    assert "Beet Planta Beet ––– 0" in " ".join(page.text.split())


def test_the_reason_of_a_forced_release_is_at_the_top(inputs: ReportInputs) -> None:
    forced = inputs.manifest.model_copy(update={"forced": "The harvest does not wait."})

    page = ReportPage.of(render_page(replace(inputs, manifest=forced)))

    assert "Released with a failed gate: The harvest does not wait." in page.text


def test_the_page_stays_under_3_mb_with_incompressible_photos() -> None:
    html = render_page(inputs_of(side=160, mistakes=20))

    assert html.count("<img") == 20 * 3 + 12 * 2
    assert len(html.encode()) < 3_000_000


def test_many_species_fit() -> None:
    inputs = inputs_of()
    many = [SpeciesLabel(slug=f"plant-{i}", scientific_name=f"Planta {i}") for i in range(150)]
    row = {"precision": 0.5, "recall": 0.5, "f1-score": 0.5, "support": 4}
    metrics = inputs.metrics.model_copy(
        update={
            "species": {species.slug: row for species in many},
            "confusion": [[2 if abs(i - j) < 2 else 0 for j in range(150)] for i in range(150)],
        }
    )
    manifest = inputs.manifest.model_copy(update={"labels": many})

    html = render_page(ReportInputs(manifest, metrics))

    assert "confusions" in ReportPage.of(html).ids
    assert len(html.encode()) < 1_000_000
