"""Run the README's JavaScript in a browser, in a page of another origin."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, Page

from tests.e2e.examples.test_documented_blocks import BLOCKS, IN_A_BROWSER
from tests.e2e.page import chromium
from tests.support.running_stack import RunningStack

CALL = """
async ([code, url, key, photos]) => {
  const module = await import(URL.createObjectURL(new Blob([code], { type: "text/javascript" })));
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return await module.classify(url, key, photos.map((photo) => new Blob([bytes(photo)])));
}
"""


@contextmanager
def other_origin() -> Iterator[str]:
    """Serve an empty page from another origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Another origin</title>")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with other_origin() as origin, chromium.running(chromium.required()) as browser:
        page = browser.new_page()
        page.goto(origin)
        yield page


def classify(page: Page, stack: RunningStack, key: str, *photos: Path) -> Any:
    encoded = [base64.b64encode(photo.read_bytes()).decode() for photo in photos]
    assert not stack.api_url.startswith(page.evaluate("location.origin"))
    return page.evaluate(CALL, [BLOCKS[IN_A_BROWSER].text, stack.api_url, key, encoded])


def test_one_photo(page: Page, stack: RunningStack, seedlings: Path) -> None:
    answer = classify(page, stack, stack.api_key, seedlings / "zea-mays.jpg")
    assert answer["predictions"][0]["scientific_name"] == "Zea mays"


def test_photos_of_one_plant(page: Page, stack: RunningStack, seedlings: Path) -> None:
    answer = classify(page, stack, stack.api_key, *[seedlings / "zea-mays.jpg"] * 3)
    assert len(answer["images"]) == 3


def test_a_wrong_key_raises_the_problem(page: Page, stack: RunningStack, seedlings: Path) -> None:
    with pytest.raises(Error, match="The API key is missing or unknown: Send your key"):
        classify(page, stack, "wrong", seedlings / "zea-mays.jpg")
