"""The distribution's Chromium, controlled by Playwright."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, BrowserType, sync_playwright

# Chromium without windows, camera and installation takes half the processor time of the whole one.
SHELLS = ("chromium-headless-shell", "chrome-headless-shell")
WHOLE = ("chromium", "chromium-browser", "google-chrome")


def installed(*, whole: bool = False) -> str | None:
    """Return the path of the installed browser, or None; the whole one, or preferably the shell."""
    names = WHOLE if whole else (*SHELLS, *WHOLE)
    return next(filter(None, map(shutil.which, names)), None)


def required(*, whole: bool = False) -> str:
    """Return the path of the installed browser; without one the test is skipped, in CI it fails."""
    path = installed(whole=whole)
    if path is None:
        refuse = pytest.fail if os.environ.get("CI") else pytest.skip
        refuse("the page's tests need Chromium: apt-get install chromium")
    return path


@contextmanager
def running(path: str) -> Iterator[Browser]:
    """Start Playwright, and launch the browser without a window."""
    with sync_playwright() as playwright, launch(playwright.chromium, path) as browser:
        yield browser


@contextmanager
def launch(chromium: BrowserType, path: str, *arguments: str) -> Iterator[Browser]:
    """Launch the browser without a window."""
    # Chromium's own sandbox does not start as root in a container, which is where CI runs.
    browser = chromium.launch(executable_path=path, args=["--no-sandbox", *arguments])
    yield browser
    browser.close()
