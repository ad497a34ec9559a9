"""The page of a model: whole, self-contained, true to its numbers."""

import re
from dataclasses import replace
from typing import Any, cast

import pytest

from frond.manifest import SpeciesLabel
from tests.unit.training.report.conftest import material_of
from tests.unit.training.report.reader import Page
from training.artifacts.trials import BiasTrial
from training.report import Material
from training.report.render import SECTIONS, make_card, make_page
from training.report.svg import VARIABLES

ODD = ('<script>alert(1)</script> & "Co"', "$x^{2}$ $y", "トマト 'n' {{ 7 * 7 }}")


@pytest.fixture(scope="module")
def html(material: Material) -> str:
    """The page where everything was recorded."""
    return make_page(material)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    """The same, read."""
    return Page.of(html)


def test_it_has_every_section_once_and_an_entry_for_each(page: Page) -> None:
    names = [section.name for section in SECTIONS]

    assert len(page.ids) == len(set(page.ids))
    assert [name for name in page.ids if name in names] == names
    assert {address for address in page.addresses if f"#{address[1:]}" == address} >= {f"#{n}" for n in names}
    assert all(address[1:] in page.ids for address in page.addresses if address.startswith("#"))


@pytest.mark.parametrize(
    ("missing", "sections"),
    [
        ("exhibits", {"mistakes", "evidence"}),
        ("card", {"data"}),
        ("history", {"curves"}),
        ("quantization", {"quantization"}),
    ],
)
def test_what_was_not_recorded_is_left_out(material: Material, missing: str, sections: set[str]) -> None:
    page = Page.of(make_page(replace(material, **cast(dict[str, Any], {missing: None}))))

    assert {section.name for section in SECTIONS} - set(page.ids) == sections


def test_parts_of_a_section_are_left_out_too(material: Material) -> None:
    bare = material.metrics.model_copy(update={"unknown": {}, "scores": None, "fusion": []})
    page = Page.of(make_page(replace(material, metrics=bare, abstention=None, settings=None)))

    assert "abstention" in page.ids
    assert "several" not in page.ids
    assert not {"Photos it should not identify", "Scores that were compared"} & set(page.headings)


@pytest.mark.parametrize(
    "nothing",
    [None, BiasTrial(biases={"plant-0": 0, "plant-1": 0, "plant-2": 0}, loss=0.3, loss_without=0.3)],
)
def test_biases_that_moved_nothing_are_not_told(material: Material, nothing: BiasTrial | None) -> None:
    assert "by a bias" in make_page(material)
    assert "by a bias" in make_card(material)

    assert "by a bias" not in make_page(replace(material, biases=nothing))
    assert "by a bias" not in make_card(replace(material, biases=nothing))


def test_a_second_look_is_told_with_what_else_was_tried(material: Material, page: Page) -> None:
    text = " ".join(page.text.split())

    for told in ("less than 0.753 apart", "6.2\xa0%", "5.2\xa0%, chosen", "0.465", "0.576"):
        assert told.replace("\xa0", " ") in text.replace("\xa0", " ")
    assert "less than 0.753 apart" in " ".join(make_card(material).split())


def test_no_second_look_is_told_as_such(material: Material) -> None:
    assert material.second_look is not None
    none = replace(
        material,
        manifest=material.manifest.model_copy(update={"tta": None}),
        second_look=material.second_look.model_copy(update={"gap_below": None}),
    )

    assert "not looked at again" in make_page(none)
    assert "mirror images" not in make_card(none)


def test_a_model_from_before_second_looks_has_no_section_of_them(material: Material) -> None:
    before = replace(
        material, second_look=None, metrics=material.metrics.model_copy(update={"looked_twice": None})
    )

    assert "A second look" not in make_page(before)


def test_it_needs_nothing_but_itself(html: str, page: Page) -> None:
    assert not page.tags & {"script", "link", "iframe", "object", "embed", "base", "form", "video", "audio"}
    assert all(address.startswith(("data:image/webp;base64,", "#")) for address in page.addresses)
    assert "@import" not in html
    assert all(place.startswith("#") for place in re.findall(r"url\(([^)]*)\)", html))
    # Names of XML vocabularies are no addresses, and nobody visits them.
    assert not re.findall(r"https?://(?!www\.w3\.org/)", html)
    assert not re.findall(r"\bon\w+=", html)


def test_it_tells_the_numbers(page: Page) -> None:
    said = " ".join(page.text.replace("\u00a0", " ").split())

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
        assert number in said
    assert "−0.12" in said, "int8 lost 0.12 points"
    assert "2 of 2 photos of Beet were answered with Maize" in said
    assert "Weakest: Beet (F1 0.111, 2 photos)" in said
    assert "3,003" in said, "all photos of the train split"
    assert "1 file was left out" in said
    assert "87.7 %" in said, "stones turned away by the chosen score"
    assert "layer_4 (36 dB)" in said
    assert "the mean loss fell from 0.333 to 0.222" in said
    assert "3 92.3 % +11.09 (+10.09 to +13.09) 0.82372.3 % 0.032" in said, "three photos together"
    assert "It is not as faithful as it should be." in said
    assert "Weight decay0.0625" in said


def test_the_loss_on_all_validation_photos_goes_before_that_on_some(material: Material) -> None:
    agreement = material.manifest.agreement | {"macro_f1_loss": -0.0034}
    manifest = material.manifest.model_copy(update={"agreement": agreement})

    assert "int8 against float+0.34" in Page.of(make_page(replace(material, manifest=manifest))).text


def test_it_names_what_should_not_have_been_identified(page: Page) -> None:
    said = " ".join(page.text.replace("\u00a0", " ").split())

    assert "pebble.jpg as Wheat (77.0 %)" in said
    assert "sand.txt is not readable: This is not a picture." in said


def test_mistakes_are_shown_with_the_evidence(page: Page) -> None:
    alts = [image["alt"] for image in page.images]

    assert alts[:3] == ["Photo of Beet", "Evidence for Maize", "Evidence for Beet"]
    assert len(alts) == 2 * 3 + 3 * 2
    said = " ".join(page.text.replace("\u00a0", " ").split())
    assert "Maize 91.0 % is Beet" in said
    assert "the verdict was uncertain" in said


def test_without_evidence_a_mistake_is_one_picture(material: Material) -> None:
    assert material.exhibits
    plain = [one.model_copy(update={"evidence": None}) for one in material.exhibits.mistakes]
    exhibits = material.exhibits.model_copy(update={"mistakes": plain, "examples": []})

    page = Page.of(make_page(replace(material, exhibits=exhibits)))

    assert [image["alt"] for image in page.images] == ["Photo of Beet"] * 2
    assert "evidence" not in page.ids


def test_whose_pictures_they_are_stands_beside_them(page: Page) -> None:
    said = " ".join(page.text.split())

    assert said.count("Photos: A. Gardener. Licence: CC BY 4.0. Changed:") == 2


def test_plots_have_the_colours_of_the_page(html: str) -> None:
    assert html.count('<svg class="plot"') == 7
    assert not any(colour in html for colour in VARIABLES)
    assert all(
        f"stroke: {variable}" in html or f"fill: {variable}" in html for variable in VARIABLES.values()
    )


def test_odd_names_are_only_text() -> None:
    html = make_page(material_of(names=ODD))
    page = Page.of(html)

    assert "script" not in page.tags
    assert all(name in page.text for name in ODD)


def test_a_species_without_a_photo_has_no_scores(material: Material) -> None:
    none = {"precision": 0.0, "recall": 0.0, "f1-score": 0.0, "support": 0}
    metrics = material.metrics.model_copy(
        update={
            "species": material.metrics.species | {"plant-2": none},
            "confusion": [[8, 0, 0], [1, 5, 0], [0, 0, 0]],
        }
    )

    page = Page.of(make_page(replace(material, metrics=metrics)))

    assert "Weakest: Beet" not in page.text
    assert "Beet Planta Beet ––– 0" in " ".join(page.text.split())


def test_why_a_model_was_forced_out_is_at_the_top(material: Material) -> None:
    forced = material.manifest.model_copy(update={"forced": "The harvest does not wait."})

    page = Page.of(make_page(replace(material, manifest=forced)))

    assert "Released although a gate refused it: The harvest does not wait." in page.text


def test_it_stays_under_3_mb_whatever_the_photos_show() -> None:
    html = make_page(material_of(side=160, mistakes=20))

    assert html.count("<img") == 20 * 3 + 12 * 2
    assert len(html.encode()) < 3_000_000


def test_many_species_fit() -> None:
    material = material_of()
    many = [SpeciesLabel(slug=f"plant-{i}", scientific_name=f"Planta {i}") for i in range(150)]
    row = {"precision": 0.5, "recall": 0.5, "f1-score": 0.5, "support": 4}
    metrics = material.metrics.model_copy(
        update={
            "species": {species.slug: row for species in many},
            "confusion": [[2 if abs(i - j) < 2 else 0 for j in range(150)] for i in range(150)],
        }
    )
    manifest = material.manifest.model_copy(update={"labels": many})

    html = make_page(Material(manifest, metrics))

    assert "confusions" in Page.of(html).ids
    assert len(html.encode()) < 1_000_000
