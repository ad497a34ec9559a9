"""The camera of a computer, played by Chromium's fake device, which shows a seedling."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import Stack
from tests.e2e.page import chromium
from tests.e2e.page.gestures import expect_maize
from tests.e2e.page.test_accessibility import violations

FRAMES = 30


@pytest.fixture(scope="module")
def with_camera(browser: Browser, maize: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium that has a camera, which looks at maize."""
    film = tmp_path_factory.mktemp("camera") / "maize.mjpeg"
    frame = tmp_path_factory.mktemp("frame") / "maize.jpg"
    Image.open(maize).resize((480, 480)).save(frame, quality=95)
    film.write_bytes(frame.read_bytes() * FRAMES)
    arguments = [
        "--no-sandbox",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
    other = browser.browser_type.launch(executable_path=chromium.installed(), args=arguments)
    yield other
    other.close()


def open_with(browser: Browser, stack: Stack, *permissions: str) -> Page:
    context = browser.new_context(permissions=permissions, service_workers="block")
    page = context.new_page()
    page.goto(f"{stack.api_url}/#key={stack.api_key}")
    return page


def test_what_the_camera_sees_is_named(with_camera: Browser, stack: Stack) -> None:
    page = open_with(with_camera, stack, "camera")
    page.get_by_role("button", name="Take photo").click()
    shutter = page.get_by_role("button", name="Take it")
    expect(shutter).to_be_focused()
    page.keyboard.press("Enter")
    expect_maize(page)
    expect(page.get_by_role("img", name="Your photo, camera.jpg")).to_be_visible()
    assert page.evaluate("seeing") is None
    page.context.close()


def test_a_camera_that_is_not_allowed_is_told_so(with_camera: Browser, stack: Stack) -> None:
    page = open_with(with_camera, stack)
    page.get_by_role("button", name="Take photo").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(
        "does not let Frond use the camera"
    )
    expect(page.get_by_role("button", name="Take it")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Take photo")).to_be_focused()
    page.context.close()


def test_the_camera_is_let_go_when_nobody_looks(with_camera: Browser, stack: Stack) -> None:
    page = open_with(with_camera, stack, "camera")
    page.get_by_role("button", name="Take photo").click()
    expect(page.get_by_role("button", name="Take it")).to_be_enabled()
    assert violations(page, "camera") == []
    page.evaluate("window.track = seeing.getTracks()[0]")
    page.get_by_role("button", name="Close").click()
    page.wait_for_function("track.readyState === 'ended'")
    page.context.close()
