"""Take the documentation's pictures of the command and of the model's report.

Run ``.venv/bin/python docs/_site/pictures.py`` while ``make serve`` runs in another terminal. The pictures of
the page are taken by ``python -m tests.e2e.page.screenshot``.
"""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[2]
IMAGES = ROOT / "docs" / "images"
REPORT = ROOT / "functions" / "classify" / "model" / "report" / "index.html"
COMMAND = ["classify", "events/photos", "--top", "1"]
COLUMNS = 120
# Rich's fonts would come from a server.
FONT = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def picture_command(path: Path) -> None:
    """Run the command, and draw its output as a terminal shows it."""
    done = subprocess.run(  # noqa: S603  a constant command
        [sys.executable, "-m", "frond_client", *COMMAND],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(f"$ frond {' '.join(COMMAND)}", style="bold", highlight=False)
    console.print(Text.from_ansi(done.stdout))
    console.save_svg(str(path), title="frond", theme=DIMMED_MONOKAI)
    path.write_text(
        FONT.sub("", path.read_text(encoding="utf-8")).replace("Fira Code, ", ""), encoding="utf-8"
    )


def picture_report(path: Path) -> None:
    """Take a picture of the top of the report."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"))
        page = browser.new_page(viewport={"width": 1200, "height": 720})
        page.goto(REPORT.as_uri())
        page.screenshot(path=path)
        browser.close()


if __name__ == "__main__":
    picture_command(IMAGES / "command.svg")
    picture_report(IMAGES / "report.png")
