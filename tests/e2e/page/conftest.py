"""The page in Chromium, served by the running stack."""

import functools
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect

from tests.e2e.page import chromium
from tests.support.running_stack import RunningStack

STATIC = Path(__file__).parents[3] / "functions" / "classify" / "frond_classify" / "static"
DESKTOP = {"width": 1280, "height": 820}
TIMEOUT_MS = 120_000

# Closes the browser, and Playwright behind it.
launched = ExitStack()

Open = Callable[..., Page]

expect.set_options(timeout=TIMEOUT_MS)


@pytest.fixture(scope="module")
def browser() -> Browser:
    """The browser of all tests of the page, whose start takes longer than most of them."""
    return launched_browser()


@functools.cache
def launched_browser() -> Browser:
    return launched.enter_context(chromium.running(chromium.required()))


def close_browser() -> None:
    launched_browser.cache_clear()
    launched.close()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Close the browser before other tests: no other event loop can run in a thread that runs Playwright."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        close_browser()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Close the browser of a run that ends early."""
    close_browser()


@pytest.fixture
def page_errors() -> Iterator[list[str]]:
    """A list for the errors of pages; one at the end fails the test."""
    errors: list[str] = []
    yield errors
    assert errors == []


@pytest.fixture
def open_page(browser: Browser, stack: RunningStack, page_errors: list[str]) -> Iterator[Open]:
    """A function that opens the page in a new browser context."""

    def open_in_new_context(path: str = "", **options: Any) -> Page:
        # Without the service worker, whose requests Playwright's routes do not see.
        defaults: dict[str, Any] = {"viewport": DESKTOP, "locale": "en-GB", "service_workers": "block"}
        context = contexts.enter_context(browser.new_context(**{**defaults, **options}))
        page = context.new_page()
        contexts.callback(end_routes, page)
        page.set_default_navigation_timeout(TIMEOUT_MS)
        watch(page, page_errors)
        # Playwright intercepts file choosers only while there is a listener.
        page.on("filechooser", lambda _: None)
        page.goto(f"{stack.api_url}/{path}")
        return page

    with ExitStack() as contexts:
        yield open_in_new_context


def end_routes(page: Page) -> None:
    """Answer no request of a page any more: one under way at the end of a test would fail the next test."""
    if not page.is_closed():
        page.unroute_all(behavior="ignoreErrors")


@pytest.fixture
def page(open_page: Open, stack: RunningStack) -> Page:
    """The page on a desktop, with its key."""
    return open_page(f"#key={stack.api_key}")


@pytest.fixture
def unbundled_page(open_page: Open, stack: RunningStack) -> Page:
    """The page as its separate files, whose modules the browser links itself."""
    page = open_page("v1/health")
    names = r"(|[\w-]+\.(?:css|js)|locales/\w+\.js)"
    pattern = re.compile(rf"{re.escape(stack.api_url)}/{names}")

    def serve(route: Route) -> None:
        url = pattern.fullmatch(route.request.url)
        assert url
        route.fulfill(path=STATIC / (url[1] or "index.html"))

    page.route(re.compile(rf"^{pattern.pattern}$"), serve)
    page.goto(f"{stack.api_url}/")
    return page


@pytest.fixture(scope="session")
def maize(seedlings: Path) -> Path:
    return seedlings / "zea-mays.jpg"


def watch(page: Page, errors: list[str]) -> None:
    """Collect uncaught exceptions, violations of the Content-Security-Policy and logged errors."""

    def collect(message: ConsoleMessage) -> None:
        # A failed request is logged too. The tests of errors cause them.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            errors.append(message.text)

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", collect)
