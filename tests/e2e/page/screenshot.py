"""Take a screenshot of the page with a real answer, as in the README.

Run ``python -m tests.e2e.page.screenshot 'http://localhost:3000/#key=…' PHOTO OUT.png``.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.page import chromium


def shoot(
    browser: Browser, url: str, photo: Path, output: Path, scheme: str, width: int, height: int
) -> None:
    """Choose a photo, wait for the answer and save a screenshot."""
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=1.5,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page.goto(url)
    page.set_input_files("#file", photo)
    page.wait_for_selector("#answer:not([hidden])")
    page.screenshot(path=output)


def main() -> int:
    """Take the screenshot that the command line describes."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.page.screenshot", description=__doc__)
    parser.add_argument("url", help="of the running page, with #key=…")
    parser.add_argument("photo", type=Path)
    parser.add_argument("output", type=Path, help="the PNG file to write")
    parser.add_argument("--scheme", choices=["light", "dark"], default="light")
    parser.add_argument("--width", type=int, default=1280, help="pixels (default %(default)s)")
    parser.add_argument("--height", type=int, default=820, help="pixels (default %(default)s)")
    arguments = parser.parse_args()
    path = chromium.installed()
    if path is None:
        return parser.error("this needs Chromium: apt-get install chromium")
    with chromium.running(path) as browser:
        shoot(
            browser,
            arguments.url,
            arguments.photo,
            arguments.output,
            arguments.scheme,
            arguments.width,
            arguments.height,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
