"""Take the screenshots of an answer in the documentation: of a phone and of a desktop, light and dark.

Run ``python -m tests.e2e.page.screenshot 'http://localhost:3000/#key=…' PHOTO docs/images``.
"""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.e2e.page import chromium

SIZES = {360: 1320, 1440: 900}
PHONE = 600
SCHEMES = ("light", "dark")
WEBP_QUALITY = 82


def shoot(browser: Browser, url: str, photo: Path, scheme: str, width: int) -> Image.Image:
    """Choose a photo, wait for the answer and its pictures, and return a screenshot of the whole page."""
    page = browser.new_page(
        viewport={"width": width, "height": SIZES[width]},
        device_scale_factor=1.5,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        has_touch=width < PHONE,
        is_mobile=width < PHONE,
    )
    page.goto(url)
    page.set_input_files("#file", photo)
    page.wait_for_selector("#answer:not([hidden])")
    for hidden in ("#answer[data-verdict=identified] #hero-picture[hidden]", "#candidates img[hidden]"):
        page.wait_for_selector(hidden, state="detached")
    return Image.open(io.BytesIO(page.screenshot()))


def main() -> int:
    """Take the four screenshots of the photo that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.page.screenshot", description=__doc__)
    parser.add_argument("url", help="of the running page, with #key=…")
    parser.add_argument("photo", type=Path)
    parser.add_argument("folder", type=Path, help="where to write answer-WIDTH-SCHEME.webp")
    arguments = parser.parse_args()
    path = chromium.installed()
    if path is None:
        return parser.error("this needs Chromium: apt-get install chromium")
    with chromium.running(path) as browser:
        for width in SIZES:
            for scheme in SCHEMES:
                picture = shoot(browser, arguments.url, arguments.photo, scheme, width)
                name = f"answer-{width}-{scheme}.webp"
                picture.convert("RGB").save(arguments.folder / name, quality=WEBP_QUALITY, method=6)
    return 0


if __name__ == "__main__":
    sys.exit(main())
