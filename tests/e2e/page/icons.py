"""Draw the app's PNG icons from its SVG one.

Run ``python -m tests.e2e.page.icons`` after a change of ``static/icon.svg``.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser

from tests.e2e.page import chromium

STATIC = Path(__file__).parents[3] / "functions" / "classify" / "frond_classify" / "static"
ROUNDED, SQUARE = 'rx="8"', 'rx="0"'
# Platforms that mask icons show at least a circle of four fifths of their side
# (W3C Web App Manifest, "Icon masks and safe zone"); the scaled drawing fits into it.
WHOLE, INSIDE = "translate(4 3.5) scale(.78)", "translate(6.9 6.4) scale(.58)"


def draw(browser: Browser, svg: str, side: int, picture: Path) -> None:
    """Draw an SVG document as a square PNG file of so many pixels a side."""
    page = browser.new_page(viewport={"width": side, "height": side})
    page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block; width: {side}px }}</style>{svg}")
    page.screenshot(path=picture, omit_background=True)
    page.close()


def main() -> int:
    """Draw all icons."""
    path = chromium.installed()
    if path is None:
        print("this needs Chromium: apt-get install chromium", file=sys.stderr)  # noqa: T201
        return 1
    svg = (STATIC / "icon.svg").read_text("utf-8")
    square = svg.replace(ROUNDED, SQUARE)
    with chromium.running(path) as browser:
        draw(browser, svg, 192, STATIC / "icon-192.png")
        draw(browser, svg, 512, STATIC / "icon-512.png")
        draw(browser, square.replace(WHOLE, INSIDE), 512, STATIC / "icon-maskable-512.png")
        draw(browser, square, 180, STATIC / "apple-touch-icon.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
