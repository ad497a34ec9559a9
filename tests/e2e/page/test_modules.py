"""The page's ES modules work without the bundle, so the bundle's subset of ECMAScript is the real one."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.page.actions import choose, expect_maize
from tests.support.running_stack import RunningStack


def test_the_browser_links_the_modules(unbundled_page: Page, stack: RunningStack, maize: Path) -> None:
    page = unbundled_page
    choose(page, maize)
    page.get_by_label("API key").fill(stack.api_key)
    page.keyboard.press("Enter")
    expect_maize(page)

    choose(page, maize.parent / "galium-aparine.jpg", button="Add a photo")
    page.get_by_role("button", name="Remove photo 2").click()
    expect_maize(page)
    page.get_by_role("button", name="Why?").click()
    expect(page.locator("#activation-map")).to_be_visible()
    page.get_by_role("button", name="Yes").click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thanks-text")).to_have_text("Thank you. You said: Maize.")
    page.get_by_label("Language").select_option("fr")
    expect(page.locator("#species")).to_have_text("Maïs")
    page.get_by_role("button", name="Historique").click()
    page.get_by_role("button", name="Ouvrir Maïs").click()
    expect(page.locator("#species")).to_be_focused()
    page.get_by_role("button", name="Espèces").click()
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(12)


def test_the_bundle_defines_no_globals(page: Page) -> None:
    assert page.evaluate("[typeof byId, typeof plant, typeof messages]") == ["undefined"] * 3
