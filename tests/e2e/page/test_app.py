"""The page as an app: what makes it one, and how it opens without a network."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Stack
from tests.e2e.page.conftest import Open
from tests.e2e.page.gestures import choose, expect_maize

SIZES = {"192x192": 192, "512x512": 512}
# Resolves once the worker has taken the page over.
CONTROLLED = """() => navigator.serviceWorker.controller ? true : new Promise((done) =>
    navigator.serviceWorker.addEventListener("controllerchange", () => done(true)))"""


@pytest.fixture
def app(open_page: Open, stack: Stack) -> Page:
    """The page with its worker, which has taken over."""
    page = open_page(f"#key={stack.api_key}", service_workers="allow")
    page.evaluate(CONTROLLED)
    return page


def manifest(page: Page) -> dict[str, Any]:
    address = page.locator("link[rel=manifest]").evaluate("link => link.href")
    found: dict[str, Any] = page.evaluate("address => fetch(address).then((reply) => reply.json())", address)
    return found | {"address": address}


def test_the_page_can_be_installed(page: Page) -> None:
    def without_svg(route: Route) -> None:
        response = route.fetch()
        told = response.json()
        told["icons"] = [icon for icon in told["icons"] if icon["type"] == "image/png"]
        route.fulfill(response=response, json=told)

    page.route("**/manifest.webmanifest", without_svg)
    browser = page.context.new_cdp_session(page)
    assert browser.send("Page.getAppManifest")["errors"] == []
    errors = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A test's browser keeps nothing, and what keeps nothing installs nothing.
    assert [error["errorId"] for error in errors] == ["in-incognito"]


def test_its_icons_are_pictures_of_the_sizes_they_say(page: Page, stack: Stack) -> None:
    told = manifest(page)
    assert {icon["purpose"] for icon in told["icons"]} == {"any", "maskable"}
    for icon in told["icons"]:
        size = page.evaluate(
            """async ([source, base]) => {
                const image = new Image();
                image.src = new URL(source, base);
                await image.decode();
                return [image.naturalWidth, image.naturalHeight];
            }""",
            [icon["src"], told["address"]],
        )
        if icon["type"] == "image/png":
            assert size == [SIZES[icon["sizes"]]] * 2
    png = page.request.get(
        f"{stack.api_url}/static/apple-touch-icon.png", headers={"accept": "image/png"}
    ).body()
    assert png.startswith(b"\x89PNG\r\n")


def test_the_app_starts_where_the_page_lies(page: Page, stack: Stack) -> None:
    told = manifest(page)
    for member in ("start_url", "scope"):
        assert (
            page.evaluate("([to, base]) => new URL(to, base).href", [told[member], told["address"]])
            == f"{stack.api_url}/"
        )


def test_without_a_network_the_app_opens_and_says_that_it_is_offline(
    app: Page, stack: Stack, maize: Path
) -> None:
    choose(app, maize)
    expect_maize(app)
    app.context.set_offline(True)
    app.reload()
    expect(app.get_by_role("heading", name="Which plant is this?")).to_be_visible()
    expect(app.locator("#offline")).to_contain_text("You are offline. Photos can be sent again")
    expect(app.locator("#offline")).to_be_visible()
    app.get_by_role("button", name="History").click()
    app.get_by_role("button", name="Open Maize").click()
    expect(app.locator("#species")).to_have_text("Maize")
    app.context.set_offline(False)
    expect(app.locator("#offline")).to_be_hidden()


def test_the_worker_keeps_the_page_and_never_an_answer(app: Page, stack: Stack, maize: Path) -> None:
    choose(app, maize)
    expect_maize(app)
    app.get_by_role("button", name="Species").click()
    expect(app.get_by_role("dialog").get_by_text("12 species")).to_be_visible()
    kept = app.evaluate(
        """async () => {
            const shelves = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
            const kept = await Promise.all(shelves.map((shelf) => shelf.keys()));
            return kept.flat().map(({url}) => url);
        }"""
    )
    assert sorted(kept) == sorted(
        f"{stack.api_url}/{name}" for name in ("", "static/icon.svg", "static/manifest.webmanifest")
    )


def test_a_new_worker_leaves_nothing_of_the_one_before_and_touches_no_others(
    open_page: Open, stack: Stack
) -> None:
    page = open_page("v1/health", service_workers="allow")
    mine, other = f"frond {stack.api_url}/ before", f"frond {stack.api_url}/stage/ before"
    page.evaluate("names => Promise.all(names.map((name) => caches.open(name)))", [mine, other])
    page.goto(f"{stack.api_url}/")
    page.evaluate(CONTROLLED)
    left = page.evaluate("caches.keys()")
    assert mine not in left
    assert other in left
    assert len(left) == 2
