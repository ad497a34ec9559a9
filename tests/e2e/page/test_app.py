"""The page as a progressive web app: installation, service worker and offline start."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.page import chromium
from tests.e2e.page.actions import choose, expect_maize
from tests.e2e.page.conftest import Open, launched_browser
from tests.support.running_stack import RunningStack

SIZES = {"192x192": 192, "512x512": 512}
# Resolves when a service worker controls the page.
CONTROLLED = """() => navigator.serviceWorker.controller ? true : new Promise((done) =>
    navigator.serviceWorker.addEventListener("controllerchange", () => done(true)))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The whole browser, as the shell installs no page."""
    with chromium.launch(launched_browser().browser_type, chromium.required(whole=True)) as whole:
        yield whole


@pytest.fixture
def app(open_page: Open, stack: RunningStack) -> Page:
    """The page, controlled by its service worker."""
    page = open_page(f"#key={stack.api_key}", service_workers="allow")
    page.evaluate(CONTROLLED)
    return page


def fetch_manifest(page: Page) -> tuple[str, dict[str, Any]]:
    """Return the manifest's URL and its content."""
    url = page.locator("link[rel=manifest]").evaluate("link => link.href")
    return url, page.evaluate("url => fetch(url).then((response) => response.json())", url)


def test_the_page_can_be_installed(page: Page) -> None:
    def without_svg(route: Route) -> None:
        response = route.fetch()
        document = response.json()
        document["icons"] = [icon for icon in document["icons"] if icon["type"] == "image/png"]
        route.fulfill(response=response, json=document)

    page.route("**/manifest.webmanifest", without_svg)
    browser = page.context.new_cdp_session(page)
    assert browser.send("Page.getAppManifest")["errors"] == []
    errors = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A test's browser context stores nothing, so it cannot install.
    assert [error["errorId"] for error in errors] == ["in-incognito"]


def test_the_icons_have_the_sizes_in_the_manifest(page: Page, stack: RunningStack) -> None:
    url, manifest = fetch_manifest(page)
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        size = page.evaluate(
            """async ([source, base]) => {
                const image = new Image();
                image.src = new URL(source, base);
                await image.decode();
                return [image.naturalWidth, image.naturalHeight];
            }""",
            [icon["src"], url],
        )
        if icon["type"] == "image/png":
            assert size == [SIZES[icon["sizes"]]] * 2
    png = page.request.get(
        f"{stack.api_url}/static/apple-touch-icon.png", headers={"accept": "image/png"}
    ).body()
    assert png.startswith(b"\x89PNG\r\n")


def test_the_app_starts_at_the_page(page: Page, stack: RunningStack) -> None:
    url, manifest = fetch_manifest(page)
    for member in ("start_url", "scope"):
        assert (
            page.evaluate("([to, base]) => new URL(to, base).href", [manifest[member], url])
            == f"{stack.api_url}/"
        )


def test_the_app_opens_offline(app: Page, stack: RunningStack, maize: Path) -> None:
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


def test_the_service_worker_caches_the_page_and_no_response_of_the_api(
    app: Page, stack: RunningStack, maize: Path
) -> None:
    choose(app, maize)
    expect_maize(app)
    app.get_by_role("button", name="Species").click()
    expect(app.get_by_role("dialog").get_by_text("12 species")).to_be_visible()
    cached = app.evaluate(
        """async () => {
            const opened = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
            const requests = await Promise.all(opened.map((cache) => cache.keys()));
            return requests.flat().map(({url}) => url);
        }"""
    )
    assert sorted(cached) == sorted(
        f"{stack.api_url}/{name}" for name in ("", "static/icon.svg", "static/manifest.webmanifest")
    )


def test_a_new_service_worker_deletes_the_old_cache_and_no_other(
    open_page: Open, stack: RunningStack
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


def test_a_service_worker_of_another_name_is_replaced(open_page: Open, stack: RunningStack) -> None:
    page = open_page("v1/health", service_workers="allow")
    old, new = f"{stack.api_url}/static/service-worker.js?old", f"{stack.api_url}/static/service-worker.js"
    page.evaluate(
        "([url, scope]) => navigator.serviceWorker.register(url, {scope})", [old, f"{stack.api_url}/"]
    )
    page.evaluate(CONTROLLED)
    page.goto(f"{stack.api_url}/")
    active = page.evaluate(
        """async (url) => {
            const workers = navigator.serviceWorker;
            while (workers.controller?.scriptURL !== url) {
                await new Promise((done) => workers.addEventListener("controllerchange", done, {once: true}));
            }
            return (await workers.getRegistrations()).map(({active}) => active.scriptURL);
        }""",
        new,
    )
    assert active == [new]
