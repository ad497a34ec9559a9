"""Sharing, copying and downloading the answer."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.page.actions import choose, expect_maize, record_answers
from tests.e2e.page.conftest import Open
from tests.support.running_stack import RunningStack

SHARES = "navigator.share = async (what) => { window.shared = what; };"
REFUSES = "navigator.share = async () => { throw new DOMException('No', 'AbortError'); };"
SHARES_NOT = "delete Navigator.prototype.share;"
SENTENCE = "Maize (Zea mays), >99% sure. Named by Frond."


def answered(open_page: Open, stack: RunningStack, maize: Path, script: str) -> Page:
    page = open_page()
    page.add_init_script(script)
    page.goto(f"{stack.api_url}/?fresh#key={stack.api_key}")
    choose(page, maize)
    expect_maize(page)
    page.get_by_role("button", name="Share").click()
    return page


def test_the_answer_is_shared_as_a_sentence(open_page: Open, stack: RunningStack, maize: Path) -> None:
    page = answered(open_page, stack, maize, SHARES)
    page.wait_for_function("window.shared")
    assert page.evaluate("window.shared") == {"title": "Frond", "text": SENTENCE}
    expect(page.locator("#notice")).to_be_hidden()


def test_closing_the_share_sheet_is_no_error(open_page: Open, stack: RunningStack, maize: Path) -> None:
    page = answered(open_page, stack, maize, REFUSES)
    expect_maize(page)
    expect(page.locator("#notice")).to_be_hidden()


def test_without_a_share_sheet_the_text_is_copied(open_page: Open, stack: RunningStack, maize: Path) -> None:
    page = open_page()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.close()
    page = answered(open_page, stack, maize, SHARES_NOT)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Share").click()
    expect(page.locator("#notice")).to_have_text("Copied, ready to be pasted.")
    expect(page.get_by_role("status")).to_have_text("Copied, ready to be pasted.")
    assert page.evaluate("navigator.clipboard.readText()") == SENTENCE


def test_without_sharing_and_copying_the_page_shows_a_notice(
    open_page: Open, stack: RunningStack, maize: Path
) -> None:
    script = SHARES_NOT + "navigator.clipboard.writeText = async () => { throw new Error('No'); };"
    page = answered(open_page, stack, maize, script)
    expect(page.locator("#notice")).to_contain_text("can neither share nor copy")


def test_the_download_is_the_answer_of_the_api(page: Page, maize: Path) -> None:
    answers = record_answers(page)
    choose(page, maize)
    expect_maize(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == f"frond-zea-mays-{answers[0]['id'][:8]}.json"
    assert json.loads(download.value.path().read_text("utf-8")) == answers[0]
