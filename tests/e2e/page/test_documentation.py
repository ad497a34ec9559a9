"""The contract's page works by itself, with nothing from elsewhere."""

from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Stack
from tests.e2e.page.conftest import Open


def test_the_contract_is_shown_without_a_network(open_page: Open, stack: Stack) -> None:
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


def test_the_contract_s_page_calls_the_api(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.api_url}/docs")
    page.get_by_role("button", name="GET /v1/health Tell whether").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table").get_by_text('"ok"')).to_be_visible()
