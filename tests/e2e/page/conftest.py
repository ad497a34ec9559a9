"""A browser in front of the running stack."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Stack
from tests.e2e.page import chromium

DESKTOP = {"width": 1280, "height": 820}
PATIENCE_MS = 30_000

Open = Callable[..., Page]

expect.set_options(timeout=PATIENCE_MS)


# A module and not the session: while Playwright runs, nothing else in this thread can run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium.installed()
    if path is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("the page's tests need Chromium: apt-get install chromium")
    with chromium.running(path) as browser:
        yield browser


@pytest.fixture
def open_page(browser: Browser, stack: Stack) -> Iterator[Open]:
    """Return what opens the page in a fresh context; whatever the page then trips over fails the test."""
    complaints: list[str] = []

    def opened(path: str = "", **options: Any) -> Page:
        # Without its worker, which would come between the page and what a test does to its calls.
        usual: dict[str, Any] = {"viewport": DESKTOP, "locale": "en-GB", "service_workers": "block"}
        context = contexts.enter_context(browser.new_context(**{**usual, **options}))
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if _is_refusal(message.text) else None
        )
        # Playwright catches dialogs only while somebody listens, and a key press outruns the first who does.
        page.on("filechooser", lambda _: None)
        page.goto(f"{stack.api_url}/{path}")
        return page

    with ExitStack() as contexts:
        yield opened
    assert not complaints


@pytest.fixture
def page(open_page: Open, stack: Stack) -> Page:
    """The page on a desktop, with its key."""
    return open_page(f"#key={stack.api_key}")


@pytest.fixture(scope="session")
def maize(seedlings: Path) -> Path:
    return seedlings / "zea-mays.jpg"


def _is_refusal(message: str) -> bool:
    return "Content Security Policy" in message
