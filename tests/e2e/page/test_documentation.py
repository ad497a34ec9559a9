"""The page of the OpenAPI document works without other hosts."""

import re

from playwright.sync_api import Page, Route, expect

from tests.e2e.page.conftest import Open
from tests.e2e.page.test_accessibility import violations
from tests.support.running_stack import RunningStack


def test_the_document_is_shown_without_other_hosts(open_page: Open, stack: RunningStack) -> None:
    page = open_page()
    elsewhere: list[str] = []

    def let_through(route: Route) -> None:
        if route.request.url.startswith(stack.api_url):
            route.continue_()
        else:
            elsewhere.append(route.request.url)
            route.abort("internetdisconnected")

    page.route("**/*", let_through)
    page.goto(f"{stack.api_url}/docs")

    expect(page.get_by_role("heading", name="Frond")).to_be_visible()
    for path in ("/v1/classifications", "/v1/species", "/v1/uploads"):
        expect(page.get_by_text(path, exact=True).first).to_be_visible()
    assert elsewhere == []


def test_the_document_violates_no_rule(open_page: Open) -> None:
    page = open_page("docs")
    expect(page.get_by_text("/v1/classifications", exact=True).first).to_be_visible()
    assert violations(page, "docs") == []


def test_the_page_of_the_document_calls_the_api(page: Page, stack: RunningStack) -> None:
    page.goto(f"{stack.api_url}/docs")
    health = page.get_by_role("button", name=re.compile(r"^GET \S+health \w"))
    expect(health).to_be_visible()
    health.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table").get_by_text('"ok"')).to_be_visible()
