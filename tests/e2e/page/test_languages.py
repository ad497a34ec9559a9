"""The page in English, Spanish and French."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Request, expect

from tests.e2e.page.actions import File, choose, record_answers
from tests.e2e.page.conftest import STATIC, Open
from tests.support.running_stack import RunningStack
from tests.support.sample_images import encoded

# The keys of a language's messages. Instead of a function stands the number of its parameters.
KEYS = """async (language) => {
    const keys = (value) => typeof value === "function" ? value.length : typeof value === "string" ? "text" :
        Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, keys(inner)]));
    return keys((await import(`./locales/${language}.js`))[language]);
}"""
TEXTS = """async (language) => {
    const texts = (value) => typeof value === "function" ? [] :
        typeof value === "string" ? [value] : Object.values(value).flatMap(texts);
    return texts((await import(`./locales/${language}.js`))[language]);
}"""


@pytest.mark.parametrize("language", ["es", "fr"])
def test_every_message_is_translated(unbundled_page: Page, language: str) -> None:
    assert unbundled_page.evaluate(KEYS, language) == unbundled_page.evaluate(KEYS, "en")
    english, translated = (unbundled_page.evaluate(TEXTS, each) for each in ("en", language))
    same = {one for one, other in zip(english, translated, strict=True) if one == other}
    assert same <= {"No"}


def test_every_language_can_be_selected(page: Page) -> None:
    options = page.locator("#language option").evaluate_all("options => options.map(({value}) => value)")
    assert set(options) == {path.stem for path in (STATIC / "locales").iterdir()}


@pytest.mark.parametrize(
    ("locale", "lang", "title", "button", "name", "sure"),
    [
        ("es-MX", "es", "¿Qué planta es?", "Elegir foto", "Maíz", r">99\s?%\s?seguro"),
        ("fr-CA", "fr", "Quelle est cette plante", "Choisir une photo", "Maïs", r">\s99\s%\ssûr"),
        ("de-DE", "en", "Which plant is this?", "Choose photo", "Maize", r">99% sure"),
    ],
)
def test_the_page_uses_the_language_of_the_browser(
    open_page: Open,
    stack: RunningStack,
    maize: Path,
    locale: str,
    lang: str,
    title: str,
    button: str,
    name: str,
    sure: str,
) -> None:
    page = open_page(f"#key={stack.api_key}", locale=locale)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == lang
    choose(page, maize, button=button)
    expect(page.locator("#species")).to_have_text(name)
    assert f"lang={lang}" in sent[0].url
    expect(page.locator("#confidence-line")).to_have_text(re.compile(sure))


def test_a_selected_language_is_used_at_once_and_saved(page: Page, maize: Path) -> None:
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


def test_the_language_changes_the_names_in_an_answer_and_nothing_else(page: Page, maize: Path) -> None:
    answers = record_answers(page)
    choose(page, maize)
    expect(page.locator("#species")).to_have_text("Maize")
    page.get_by_label("Language").select_option("es")
    expect(page.locator("#species")).to_have_text("Maíz")
    expect(page.locator("#verdict")).to_have_text("Identificada")
    expect(page.locator("#role")).to_have_text("Cultivo")
    with page.expect_download() as download:
        page.locator("#download").click()
    translated: dict[str, Any] = json.loads(download.value.path().read_text("utf-8"))
    assert translated["evidence"] == answers[0]["evidence"]
    assert [each["confidence"] for each in translated["predictions"]] == [
        each["confidence"] for each in answers[0]["predictions"]
    ]


def test_errors_and_the_key_form_are_translated(open_page: Open, maize: Path) -> None:
    page = open_page(locale="es-ES")
    choose(page, maize.parent / "README.md", button="Elegir foto")
    expect(page.locator("#error h2")).to_have_text("Ese archivo no es una foto")
    page.get_by_label("Idioma").select_option("fr")
    expect(page.locator("#error h2")).to_have_text("Ce fichier n’est pas une photo")
    choose(page, maize, button="Choisir une photo")
    expect(page.locator("#key-title")).to_have_text("Frond a besoin de votre clé")


@pytest.mark.parametrize("locale", ["es-ES", "fr-FR"])
def test_translations_fit_the_narrowest_phone(
    open_page: Open, stack: RunningStack, maize: Path, locale: str
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
    page.locator("#incorrect, #suggest").filter(visible=True).first.click()
    widths.append(page.evaluate(overflow))
    for button in ("#open-history", "#open-gallery"):
        page.locator(button).click()
        expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
        widths.append(page.evaluate(overflow))
        widths.append(page.get_by_role("dialog").evaluate("sheet => sheet.scrollWidth - sheet.clientWidth"))
        page.keyboard.press("Escape")
    assert widths == [0] * 6
