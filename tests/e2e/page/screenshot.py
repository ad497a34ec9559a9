"""Take the screenshots of the documentation: an answer by screen and colours, and the plants of a scene.

Run ``python -m tests.e2e.page.screenshot 'http://localhost:3000/#key=…' PHOTO SCENE docs/images``.
"""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.e2e.page import chromium

SIZES = {360: 1320, 1440: 900}
PHONE = 600
SCHEMES = ("light", "dark")
WEBP_QUALITY = 82


def shoot(browser: Browser, url: str, photo: Path, scheme: str, width: int) -> Image.Image:
    """Choose a photo, wait for the answer and its pictures, and return a screenshot of the whole page."""
    page = _open(browser, url, scheme, width)
    page.set_input_files("#file", photo)
    page.wait_for_selector("#answer:not([hidden])")
    for hidden in ("#answer[data-verdict=identified] #hero-picture[hidden]", "#candidates img[hidden]"):
        page.wait_for_selector(hidden, state="detached")
    return _picture(page)


def shoot_plants(browser: Browser, url: str, scene: Path) -> Image.Image:
    """Find every plant of a scene, and return a screenshot of the whole page."""
    page = _open(browser, url, "light", 1440)
    page.get_by_role("radio", name="Find every plant").check()
    page.set_input_files("#file", scene)
    page.wait_for_selector("#detections:not([hidden])")
    return _picture(page)


def _open(browser: Browser, url: str, scheme: str, width: int) -> Page:
    page = browser.new_page(
        viewport={"width": width, "height": SIZES[width]},
        device_scale_factor=1.5,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=width < PHONE,
        is_mobile=width < PHONE,
    )
    page.goto(url)
    return page


def _picture(page: Page) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot()))


def _save(picture: Image.Image, path: Path) -> None:
    picture.convert("RGB").save(path, quality=WEBP_QUALITY, method=6)


def main() -> int:
    """Take the screenshots of the photo and the scene that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.page.screenshot", description=__doc__)
    parser.add_argument("url", help="of the running page, with #key=…")
    parser.add_argument("photo", type=Path)
    parser.add_argument("scene", type=Path, help="with many plants")
    parser.add_argument("folder", type=Path, help="for answer-WIDTH-SCHEME.webp and detections.webp")
    arguments = parser.parse_args()
    path = chromium.installed()
    if path is None:
        return parser.error("this needs Chromium: apt-get install chromium")
    with chromium.running(path) as browser:
        for width in SIZES:
            for scheme in SCHEMES:
                picture = shoot(browser, arguments.url, arguments.photo, scheme, width)
                _save(picture, arguments.folder / f"answer-{width}-{scheme}.webp")
        plants = shoot_plants(browser, arguments.url, arguments.scene)
        _save(plants, arguments.folder / "detections.webp")
    return 0


if __name__ == "__main__":
    sys.exit(main())
