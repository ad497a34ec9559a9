"""The page speaks English, Spanish and French."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Request, expect

from tests.e2e.conftest import Stack
from tests.e2e.page.conftest import Open
from tests.e2e.page.gestures import File, choose, overhear
from tests.support.pictures import encoded

# What each language says, with functions by how many values they take.
SHAPES = """() => {
    const shape = (value) => typeof value === "function" ? value.length : typeof value === "string" ? "text" :
        Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, shape(inner)]));
    return Object.fromEntries(Object.entries(WORDS).map(([language, words]) => [language, shape(words)]));
}"""
SENTENCES = """() => {
    const said = (value) => typeof value === "function" ? [] :
        typeof value === "string" ? [value] : Object.values(value).flatMap(said);
    return Object.fromEntries(Object.entries(WORDS).map(([language, words]) => [language, said(words)]));
}"""


def test_every_language_says_everything_that_english_does(page: Page) -> None:
    shapes = page.evaluate(SHAPES)
    assert set(shapes) == {"en", "es", "fr"}
    assert shapes["es"] == shapes["en"]
    assert shapes["fr"] == shapes["en"]
    sentences = page.evaluate(SENTENCES)
    for language in ("es", "fr"):
        same = {one for one, other in zip(sentences["en"], sentences[language], strict=True) if one == other}
        assert same <= {"No"}


@pytest.mark.parametrize(
    ("locale", "lang", "title", "button", "name", "sure"),
    [
        ("es-MX", "es", "¿Qué planta es?", "Elegir foto", "Maíz", r">99\s?%\s?seguro"),
        ("fr-CA", "fr", "Quelle est cette plante", "Choisir une photo", "Maïs", r">\s99\s%\ssûr"),
        ("de-DE", "en", "Which plant is this?", "Choose photo", "Maize", r">99% sure"),
    ],
)
def test_the_browsers_language_is_the_pages(
    open_page: Open,
    stack: Stack,
    maize: Path,
    locale: str,
    lang: str,
    title: str,
    button: str,
    name: str,
    sure: str,
) -> None:
    page = open_page(f"#key={stack.api_key}", locale=locale)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if request.method == "POST" else None)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == lang
    choose(page, maize, button=button)
    expect(page.locator("#species")).to_have_text(name)
    assert f"lang={lang}" in asked[0].url
    expect(page.locator("#sure")).to_have_text(re.compile(sure))


def test_a_language_that_is_chosen_is_spoken_at_once_and_kept(page: Page, maize: Path) -> None:
    dark = encoded(Image.open(maize).convert("RGB").point(lambda value: value // 8), "PNG")
    choose(page, File(name="dark.png", mimeType="image/png", buffer=dark))
    expect(page.locator("#advice")).to_contain_text("The photo is too dark")
    page.get_by_label("Language").select_option("fr")
    expect(page.locator("#advice")).to_contain_text("La photo est trop sombre")
    expect(page.get_by_role("button", name="Choisir une photo")).to_be_visible()
    expect(page.get_by_role("button", name="Pourquoi")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "fr"

    page.reload()
    expect(page.get_by_label("Langue")).to_have_value("fr")
    page.get_by_role("button", name="Historique").click()
    expect(page.get_by_role("dialog", name="Historique").get_by_role("listitem")).to_have_count(1)


def test_an_answer_changes_its_language_and_keeps_the_rest(page: Page, maize: Path) -> None:
    answers = overhear(page)
    choose(page, maize)
    expect(page.locator("#species")).to_have_text("Maize")
    page.get_by_label("Language").select_option("es")
    expect(page.locator("#species")).to_have_text("Maíz")
    expect(page.locator("#verdict")).to_have_text("Identificada")
    expect(page.locator("#role")).to_have_text("Cultivo")
    now: dict[str, Any] = page.evaluate("plant.answer")
    assert now["evidence"] == answers[0]["evidence"]
    assert [each["confidence"] for each in now["predictions"]] == [
        each["confidence"] for each in answers[0]["predictions"]
    ]


def test_a_problem_and_the_key_are_told_in_the_language(open_page: Open, maize: Path) -> None:
    page = open_page(locale="es-ES")
    choose(page, maize.parent / "README.md", button="Elegir foto")
    expect(page.locator("#problem h2")).to_have_text("Ese archivo no es una foto")
    page.get_by_label("Idioma").select_option("fr")
    expect(page.locator("#problem h2")).to_have_text("Ce fichier n’est pas une photo")
    choose(page, maize, button="Choisir une photo")
    expect(page.locator("#key-title")).to_have_text("Frond a besoin de votre clé")


@pytest.mark.parametrize("locale", ["es-ES", "fr-FR"])
def test_longer_words_fit_the_narrowest_phone(
    open_page: Open, stack: Stack, maize: Path, locale: str
) -> None:
    page = open_page(
        f"#key={stack.api_key}",
        viewport={"width": 320, "height": 568},
        is_mobile=True,
        has_touch=True,
        locale=locale,
    )
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    widths = [page.evaluate(overflow)]
    page.locator("#file").set_input_files([maize, maize.parent / "geranium-pusillum.jpg"])
    expect(page.locator("#answer")).to_be_visible()
    page.locator("#wrong, #tell").filter(visible=True).first.click()
    widths.append(page.evaluate(overflow))
    for button in ("#open-history", "#open-gallery"):
        page.locator(button).click()
        expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
        widths.append(page.evaluate(overflow))
        widths.append(page.get_by_role("dialog").evaluate("sheet => sheet.scrollWidth - sheet.clientWidth"))
        page.keyboard.press("Escape")
    assert widths == [0] * 6
