"""Take a picture of the page with a real answer, as the README shows it.

Run ``python -m tests.e2e.page.screenshot 'http://localhost:3000/#key=…' PHOTO OUT.png``.
"""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.page import chromium


def shoot(
    browser: Browser, address: str, photo: Path, picture: Path, scheme: str, width: int, height: int
) -> None:
    """Show the page a photo, wait for the answer and keep what is seen."""
    page = browser.new_page(
        viewport={"width": width, "height": height},
        device_scale_factor=1.5,
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page.goto(address)
    page.set_input_files("#file", photo)
    page.wait_for_selector("#answer:not([hidden])")
    page.screenshot(path=picture)


def main() -> int:
    """Read the command line and take the picture."""
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.page.screenshot", description=__doc__)
    parser.add_argument("address", help="of the running page, with #key=…")
    parser.add_argument("photo", type=Path)
    parser.add_argument("picture", type=Path, help="the PNG file to write")
    parser.add_argument("--scheme", choices=["light", "dark"], default="light")
    parser.add_argument("--width", type=int, default=1280, help="pixels (default %(default)s)")
    parser.add_argument("--height", type=int, default=820, help="pixels (default %(default)s)")
    wanted = parser.parse_args()
    path = chromium.installed()
    if path is None:
        return parser.error("this needs Chromium: apt-get install chromium")
    with chromium.running(path) as browser:
        shoot(
            browser, wanted.address, wanted.photo, wanted.picture, wanted.scheme, wanted.width, wanted.height
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
