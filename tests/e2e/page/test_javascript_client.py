"""The JavaScript client in Chromium, from another origin, against the running stack."""

import base64
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import ROOT
from tests.support.running_stack import RunningStack

SOURCE = ROOT / "client" / "javascript" / "src"
CALL = """async ({url, key, photo, call}) => {
    const client = await import("/index.js");
    const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
    const frond = new client.Frond(url, key);
    return new Function("frond", "photo", "client", `return (async () => {${call}})()`)(frond, bytes, client);
}"""


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Print nothing."""


@pytest.fixture(scope="module")
def site(browser: Browser) -> Iterator[Page]:
    """A page of another origin, which has the package's files: the browser asks API and S3 for permission."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(SOURCE))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        context.close()
        server.shutdown()


@pytest.fixture
def call(site: Page, stack: RunningStack, maize: Path) -> Any:
    def call(code: str, key: str | None = None) -> Any:
        photo = base64.b64encode(maize.read_bytes()).decode()
        settings = {"url": stack.api_url, "key": key or stack.api_key, "photo": photo, "call": code}
        return site.evaluate(CALL, settings)

    return call


def test_a_photo_is_classified_listed_corrected_and_deleted(call: Any) -> None:
    found = call("""
        const plant = await frond.classify(photo, {top: 2, lang: "fr", explain: true, tag: "of the client"});
        const again = await frond.get(plant.id);
        const {classifications} = await frond.list({limit: 1, tag: "of the client"});
        const corrected = await frond.submitFeedback(plant.id, "zea-mays", {comment: "Two leaves"});
        await frond.delete(plant.id);
        const gone = await frond.get(plant.id).catch((error) => error);
        const {name, problem} = gone;
        return {plant, again, classifications, corrected, gone: [name, problem.type, problem.status]};
    """)
    plant = found["plant"]
    assert (plant["verdict"], plant["predictions"][0]["species"]) == ("identified", "zea-mays")
    assert plant["predictions"][0]["common_name"] == "Maïs"
    assert len(plant["predictions"]) == 2
    assert plant["evidence"]
    assert found["again"]["id"] == found["classifications"][0]["id"] == plant["id"]
    assert found["corrected"]["feedback"]["comment"] == "Two leaves"
    assert found["gone"] == ["NotFoundError", "urn:frond:problem:unknown-classification", 404]


def test_a_photo_goes_through_s3_with_progress(call: Any) -> None:
    found = call("""
        const progress = [];
        const plant = await frond.upload(photo, {tag: "of S3", onProgress: (each) => progress.push(each)});
        return {plant, progress};
    """)
    plant, progress = found["plant"], found["progress"]
    assert (plant["status"], plant["verdict"], plant["tag"]) == ("succeeded", "identified", "of S3")
    assert plant["source"]["door"] == "s3"
    sent = [each for each in progress if each["stage"] == "uploading"]
    assert sent[0]["loaded"] == 0
    assert sent[-1]["loaded"] == sent[-1]["total"] > 0


def test_the_service_describes_itself(call: Any) -> None:
    species, model, usage = call(
        "return Promise.all([frond.species({lang: 'es'}), frond.model(), frond.usage()])"
    )
    assert "Maíz" in [each["common_name"] for each in species]
    assert model["species"] == len(species)
    assert usage.keys() >= {"limit", "remaining", "resets_at"}


@pytest.mark.parametrize(
    ("code", "name", "status", "slug"),
    [
        ("frond.classify(new Blob(['no photo']))", "InvalidPhotoError", 422, "unsupported-format"),
        ("frond.classify(photo, {top: 99})", "InvalidRequestError", 400, "invalid-request"),
        ("frond.upload(new Blob(['no photo']))", "InvalidPhotoError", 415, "unsupported-media-type"),
        ("frond.detect(photo)", "NotFoundError", 404, "unknown-path"),
        ("new client.Frond(URL_, 'a wrong key').usage()", "AuthenticationError", 403, "missing-key"),
    ],
    ids=["no photo", "a wrong option", "an upload of no photo", "no detector", "a wrong key"],
)
def test_errors_are_problem_details(
    call: Any, stack: RunningStack, code: str, name: str, status: int, slug: str
) -> None:
    if name == "NotFoundError" and (ROOT / "functions/classify/model/detection").exists():
        pytest.skip("this model has a detector")
    failing = code.replace("URL_", repr(stack.api_url))
    found = call(
        "const error = await CODE.catch((error) => error);".replace("CODE", failing)
        + "const {name, message, problem} = error;"
        "return [name, problem?.status, problem?.type ?? message, error instanceof client.ApiError];"
    )
    assert found == [name, status, f"urn:frond:problem:{slug}", True]
