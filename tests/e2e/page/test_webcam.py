"""The camera of a computer: Chromium's fake device, which shows a seedling."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.page import chromium
from tests.e2e.page.actions import expect_maize
from tests.e2e.page.conftest import watch
from tests.e2e.page.test_accessibility import violations
from tests.support.running_stack import RunningStack

FRAMES = 30


@pytest.fixture(scope="module")
def with_camera(browser: Browser, maize: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A Chromium with a camera that shows maize."""
    film = tmp_path_factory.mktemp("camera") / "maize.mjpeg"
    frame = tmp_path_factory.mktemp("frame") / "maize.jpg"
    Image.open(maize).resize((480, 480)).save(frame, quality=95)
    film.write_bytes(frame.read_bytes() * FRAMES)
    arguments = ("--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}")
    with chromium.launch(browser.browser_type, chromium.required(whole=True), *arguments) as other:
        yield other


@pytest.fixture
def open_with(
    with_camera: Browser, stack: RunningStack, page_errors: list[str]
) -> Iterator[Callable[..., Page]]:
    """A function that opens the page in a browser context with these permissions."""

    def open_in_new_context(*permissions: str) -> Page:
        context = with_camera.new_context(permissions=permissions, service_workers="block")
        contexts.enter_context(context)
        page = context.new_page()
        watch(page, page_errors)
        page.goto(f"{stack.api_url}/#key={stack.api_key}")
        return page

    with ExitStack() as contexts:
        yield open_in_new_context


def test_a_picture_of_the_camera_is_classified(open_with: Callable[..., Page]) -> None:
    page = open_with("camera")
    page.get_by_role("button", name="Take photo").click()
    shutter = page.get_by_role("button", name="Take it")
    expect(shutter).to_be_focused()
    page.keyboard.press("Enter")
    expect_maize(page)
    expect(page.get_by_role("img", name="Your photo, camera.jpg")).to_be_visible()
    assert page.locator("#webcam").evaluate("video => video.srcObject") is None


def test_a_refused_permission_is_an_error(open_with: Callable[..., Page]) -> None:
    page = open_with()
    page.get_by_role("button", name="Take photo").click()
    expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(
        "does not let Frond use the camera"
    )
    expect(page.get_by_role("button", name="Take it")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Take photo")).to_be_focused()


def test_closing_the_dialog_stops_the_camera(open_with: Callable[..., Page]) -> None:
    page = open_with("camera")
    page.get_by_role("button", name="Take photo").click()
    expect(page.get_by_role("button", name="Take it")).to_be_enabled()
    assert violations(page, "camera") == []
    page.locator("#webcam").evaluate("video => { window.track = video.srcObject.getTracks()[0]; }")
    page.get_by_role("button", name="Close").click()
    page.wait_for_function("track.readyState === 'ended'")
