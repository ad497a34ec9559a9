"""The answer leaves the page: shared, copied, or as a file."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.conftest import Stack
from tests.e2e.page.conftest import Open
from tests.e2e.page.gestures import choose, expect_maize, overhear

SHARES = "navigator.share = async (what) => { window.shared = what; };"
REFUSES = "navigator.share = async () => { throw new DOMException('No', 'AbortError'); };"
SHARES_NOT = "delete Navigator.prototype.share;"
SENTENCE = "Maize (Zea mays), >99% sure. Named by Frond."


def answered(open_page: Open, stack: Stack, maize: Path, script: str) -> Page:
    page = open_page()
    page.add_init_script(script)
    page.goto(f"{stack.api_url}/?fresh#key={stack.api_key}")
    choose(page, maize)
    expect_maize(page)
    page.get_by_role("button", name="Share").click()
    return page


def test_the_answer_is_shared_as_a_sentence(open_page: Open, stack: Stack, maize: Path) -> None:
    page = answered(open_page, stack, maize, SHARES)
    page.wait_for_function("window.shared")
    assert page.evaluate("window.shared") == {"title": "Frond", "text": SENTENCE}
    expect(page.locator("#notice")).to_be_hidden()


def test_who_closes_the_sheet_is_told_nothing(open_page: Open, stack: Stack, maize: Path) -> None:
    page = answered(open_page, stack, maize, REFUSES)
    expect_maize(page)
    expect(page.locator("#notice")).to_be_hidden()


def test_a_browser_that_cannot_share_copies(open_page: Open, stack: Stack, maize: Path) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.close()
    page = answered(open_page, stack, maize, SHARES_NOT)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Share").click()
    expect(page.locator("#notice")).to_have_text("Copied, ready to be pasted.")
    expect(page.get_by_role("status")).to_have_text("Copied, ready to be pasted.")
    assert page.evaluate("navigator.clipboard.readText()") == SENTENCE


def test_a_browser_that_can_do_neither_says_so(open_page: Open, stack: Stack, maize: Path) -> None:
    script = SHARES_NOT + "navigator.clipboard.writeText = async () => { throw new Error('No'); };"
    page = answered(open_page, stack, maize, script)
    expect(page.locator("#notice")).to_contain_text("can neither share nor copy")


def test_the_download_is_the_answer_of_the_api(page: Page, maize: Path) -> None:
    answers = overhear(page)
    choose(page, maize)
    expect_maize(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == f"frond-zea-mays-{answers[0]['id'][:8]}.json"
    assert json.loads(download.value.path().read_text("utf-8")) == answers[0]
