"""Actions of users on the page, and expectations of the result."""

import base64
import mimetypes
import re
from pathlib import Path
from typing import Any, TypedDict

from playwright.sync_api import Locator, Page, Route, expect

CALL = "**/v1/classifications?*"
RECORD = re.compile(r"/v1/classifications/[0-9a-f-]{32,36}(\?|$)")


class File(TypedDict):
    """A file that is not on the disk."""

    name: str
    mimeType: str
    buffer: bytes


TEXT = File(name="notes.jpg", mimeType="image/jpeg", buffer=b"Water the plants on Friday.\n" * 40)


def choose(page: Page, *files: Path | File, button: str = "Choose photo") -> None:
    """Press the button and choose files in the dialog."""
    with page.expect_file_chooser() as dialog:
        page.get_by_role("button", name=button).click()
    dialog.value.set_files(_to_playwright(files))


def _to_playwright(files: tuple[Path | File, ...]) -> Any:
    """Return files as Playwright accepts them: all as paths, or all with their content."""
    if all(isinstance(file, Path) for file in files):
        return list(files)
    return [
        File(name=file.name, mimeType=_type(file), buffer=file.read_bytes())
        if isinstance(file, Path)
        else file
        for file in files
    ]


def _type(path: Path) -> str:
    return mimetypes.guess_type(path)[0] or ""


def drop(page: Page, *files: Path, on: str = "main") -> None:
    """Drag files over a part of the page and drop them."""
    dragged = page.evaluate_handle(
        """files => {
            const dragged = new DataTransfer();
            for (const [name, data] of files) {
                const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
                dragged.items.add(new File([bytes], name, {type: "image/jpeg"}));
            }
            return dragged;
        }""",
        [[file.name, base64.b64encode(file.read_bytes()).decode()] for file in files],
    )
    page.dispatch_event(on, "dragover", {"dataTransfer": dragged})
    expect(page.get_by_text("Let go")).to_be_visible()
    page.dispatch_event(on, "drop", {"dataTransfer": dragged})
    expect(page.get_by_text("Let go")).to_be_hidden()


def paste(page: Page, png: bytes) -> None:
    """Put a picture on the clipboard and press Ctrl+V."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate(
        """async data => {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            const picture = new Blob([bytes], {type: "image/png"});
            await navigator.clipboard.write([new ClipboardItem({"image/png": picture})]);
        }""",
        base64.b64encode(png).decode(),
    )
    page.keyboard.press("Control+V")


def record_answers(page: Page) -> list[dict[str, Any]]:
    """Return a list that fills with the API's classifications, each before the page receives it.

    A route reads them because Chromium discards the response to a request whose body is a file.
    """
    answers: list[dict[str, Any]] = []

    def record(route: Route) -> None:
        response = route.fetch()
        answers.append(response.json())
        route.fulfill(response=response)

    page.route(CALL, record)
    return answers


def shown_confidence(row: Locator) -> float:
    """Return the confidence in a row of candidates, 0 to 1; without the sign of `<1%` and `>99%`."""
    return float(row.locator(".confidence").inner_text().strip("<>%")) / 100


def hold(page: Page) -> list[Route]:
    """Leave the next call without a response, and return a list that will contain it."""
    held: list[Route] = []

    # Playwright accepts no built-in method such as `held.append`.
    def leave(route: Route) -> None:
        held.append(route)

    page.route(CALL, leave, times=1)
    return held


def expect_maize(page: Page) -> None:
    """The page identifies maize."""
    expect(page.get_by_role("heading", name="Maize")).to_be_visible()
    expect(page.get_by_text("Identified", exact=True)).to_be_visible()
    expect(page.locator("#scientific-name")).to_have_text("Zea mays")
    expect(page.locator("#role")).to_have_text("Crop")
    expect(page.get_by_role("status")).to_contain_text("Maize, Zea mays, Crop")


def expect_error(page: Page, title: str, advice: str) -> None:
    """The page shows an error and advice on it."""
    expect(page.locator("#error h2")).to_have_text(title)
    expect(page.locator("#error")).to_contain_text(advice)
    expect(page.get_by_role("status")).to_contain_text(title)
