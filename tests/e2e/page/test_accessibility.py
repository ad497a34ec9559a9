"""Every view of the page by axe-core's rules, and the whole page by keyboard."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from tests.e2e.page.actions import CALL, choose, expect_maize
from tests.e2e.page.conftest import Open
from tests.support.running_stack import RunningStack

# Of a large screen and of a phone. The colours of a scheme are those of every width.
WIDTHS = (1440, 360)
SCHEMES: tuple[Any, ...] = ("light", "dark")


def violations(page: Page, state: str) -> list[tuple[str, str, list[Any]]]:
    """Return what axe-core finds on a large light screen and on a dark phone: state, rule and elements."""
    found = []
    before = page.viewport_size
    assert before
    for width, scheme in zip(WIDTHS, SCHEMES, strict=True):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [
            (f"{state}, {scheme}, {width} px", each["id"], [node["target"] for node in each["nodes"]])
            for each in Axe().run(page).response["violations"]
        ]
    page.set_viewport_size(before)
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    return found


def with_verdict(verdict: str) -> Callable[[Route], None]:
    def changed(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "verdict": verdict})

    return changed


def test_no_view_violates_a_rule(open_page: Open, stack: RunningStack, maize: Path) -> None:
    page = open_page()
    found = violations(page, "welcome")
    page.get_by_role("button", name="History").click()
    found += violations(page, "empty history")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="API key").click()
    found += violations(page, "key")
    page.get_by_label("API key").fill(stack.api_key)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Try sample photo 1")).to_be_visible()
    found += violations(page, "samples")

    sent: list[Route] = []

    def hold(route: Route) -> None:
        sent.append(route)

    page.route(CALL, hold, times=1)
    choose(page, maize, maize.parent / "zea-mays.jpg", maize.parent / "README.md")
    expect(page.locator("#progress")).to_be_visible()
    page.wait_for_function("document.querySelector('#progress-step').textContent")
    found += violations(page, "progress")
    sent[0].continue_()
    expect_maize(page)
    page.get_by_role("button", name="Why?").click()
    page.locator("#unlikely summary").click()
    page.get_by_text("Send it from a program").click()
    page.get_by_role("button", name="curl").click()
    expect(page.locator("#snippet")).to_be_visible()
    found += violations(page, "answer")
    page.get_by_role("button", name="No", exact=True).click()
    page.get_by_label("Which plant is it?").select_option(label="Another plant")
    found += violations(page, "feedback")
    page.get_by_label("Which plant is it?").select_option(label="Charlock")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#thanks")).to_be_visible()
    found += violations(page, "thanks")
    for name in ("History", "Species"):
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
        found += violations(page, name)
        page.keyboard.press("Escape")
    for verdict in ("uncertain", "not_recognised"):
        page.route(CALL, with_verdict(verdict), times=1)
        choose(page, maize)
        expect(page.locator(f"#answer[data-verdict={verdict}]")).to_be_visible()
        found += violations(page, verdict)
    choose(page, maize.parent / "README.md")
    expect(page.locator("#error")).to_be_visible()
    found += violations(page, "problem")
    page.context.set_offline(True)
    choose(page, maize)
    expect(page.get_by_role("heading", name="You are offline")).to_be_visible()
    found += violations(page, "offline")
    assert found == []


def reach(page: Page, name: str, role: Any = "button", key: str = "Tab") -> None:
    """Press Tab until an element has the focus, which must be visible."""
    wanted = page.get_by_role(role, name=name, exact=True).filter(visible=True)
    for _ in range(60):
        page.keyboard.press(key)
        if wanted.evaluate_all("found => found.includes(document.activeElement)"):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    pytest.fail(f"{name} cannot be reached by the keyboard")


def test_a_keyboard_is_enough_for_everything(page: Page, maize: Path) -> None:
    reach(page, "Choose photo")
    with page.expect_file_chooser() as dialog:
        page.keyboard.press("Enter")
    dialog.value.set_files(maize)
    expect_maize(page)
    expect(page.get_by_role("button", name="Choose photo")).to_be_focused()

    reach(page, "Why? Show in the photo what spoke for the answer", key="Shift+Tab")
    page.keyboard.press("Space")
    expect(page.locator("#activation-map")).to_be_visible()
    reach(page, "Add a photo")
    with page.expect_file_chooser() as dialog:
        page.keyboard.press("Enter")
    dialog.value.set_files(maize)
    expect(page.locator("#image-title")).to_have_text("Photo 2 of 2 on its own")
    reach(page, "Photo 1 of 2, zea-mays.jpg", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#image-title")).to_have_text("Photo 1 of 2 on its own")
    reach(page, "Remove photo 2")
    page.keyboard.press("Enter")
    expect(page.locator("#image-result")).to_be_hidden()
    expect_maize(page)

    reach(page, "No")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Which plant is it?")).to_be_focused()
    expect(page.get_by_label("Which plant is it?").locator("option")).to_have_count(12 + 3)
    page.keyboard.type("Charlock")
    expect(page.get_by_label("Which plant is it?")).to_have_value("sinapis-arvensis")
    reach(page, "My photo may be used to improve the model", role="checkbox")
    page.keyboard.press("Space")
    reach(page, "Send")
    page.keyboard.press("Enter")
    expect(page.locator("#thanks-text")).to_have_text("Thank you. You said: Charlock.")
    expect(page.get_by_role("button", name="Change")).to_be_focused()

    reach(page, "Species", key="Shift+Tab")
    page.keyboard.press("Enter")
    reach(page, "Search by name, family or EPPO code", role="searchbox")
    page.keyboard.type("zea")
    expect(page.get_by_role("dialog").get_by_role("listitem").filter(visible=True)).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="Species")).to_be_focused()

    reach(page, "History", key="Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Escape")
    reach(page, "Language", role="combobox")
    page.keyboard.press("F")
    expect(page.get_by_role("button", name="Choisir une photo")).to_be_visible()
