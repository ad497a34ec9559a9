"""Finding every plant of a photo: boxes over it, the list beside it, counts and CSV.

The API's response is simulated, so that it has the plants that a test needs.
"""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.e2e.page.actions import CALL, File, choose, expect_error, expect_maize
from tests.e2e.page.test_accessibility import WIDTHS, reach, violations
from tests.support.sample_images import encoded

DETECTIONS = "**/v1/detections?*"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Twice as wide as high, so the viewer has bars above and below it; and too many bytes to be sent unchanged.
SIZE = (2000, 1000)


def plant(box: tuple[float, ...], verdict: str | None, *species: str, label: str = "plant") -> dict[str, Any]:
    """Return a detection with the classification that the API has for a verdict and its candidates."""
    candidates = [
        {
            "species": slug,
            "scientific_name": slug.replace("-", " ").capitalize(),
            "common_name": slug,
            "role": "weed",
            "confidence": 0.9 / (1 + at),
        }
        for at, slug in enumerate(species)
    ]
    return {
        "box": dict.fromkeys(("x", "y", "width", "height"), 1),
        "box_relative": dict(zip(("x", "y", "width", "height"), box, strict=True)),
        "class": label,
        "confidence": 0.875,
        "classification": verdict and {"verdict": verdict, "predictions": candidates, "issues": []},
    }


PLANTS = [
    plant((0.0, 0.0, 0.5, 1.0), "identified", "zea-mays", "beta-vulgaris"),
    plant((0.1, 0.2, 0.1, 0.25), "identified", "zea-mays"),
    plant((0.7, 0.5, 0.25, 0.5), "uncertain", "sinapis-arvensis", "zea-mays"),
    plant((0.9, 0.0, 0.1, 0.1), "not_recognised", "zea-mays"),
    plant((0.55, 0.1, 0.1, 0.2), None, label="stellaria-media"),
]


def respond(page: Page, *images: list[dict[str, Any]]) -> list[Request]:
    """Answer detections with the plants of each photo, and return a list for the requests."""
    requests: list[Request] = []
    results = [
        {"width": 1280, "height": 640, "format": "JPEG", "detections": plants, "not_classified": 0}
        for plants in images
    ]
    body = {
        "id": "5f0b7f3e-8a43",
        "status": "succeeded",
        "detections": images[0],
        "image": {"width": 1280, "height": 640, "format": "JPEG"},
        "images": results,
        "model": {"version": "2026.11.27-1a2b3c4d"},
        "timings_ms": {"total": 412.0},
    }

    def answer(route: Route) -> None:
        requests.append(route.request)
        route.fulfill(json=body)

    page.route(DETECTIONS, answer)
    return requests


@pytest.fixture(scope="module")
def scene() -> File:
    noise = Image.effect_noise(SIZE, 60).convert("RGB")
    return File(name="=scene;+1.jpg", mimeType="image/jpeg", buffer=encoded(noise, "JPEG", quality=80))


def find_plants(page: Page, *files: File | Path) -> None:
    page.get_by_role("radio", name="Find every plant").check()
    choose(page, *files)
    expect(page.locator("#detections")).to_be_visible()


def rows(page: Page) -> Locator:
    return page.get_by_role("listbox").get_by_role("option")


def box(page: Page, index: int) -> Locator:
    return page.locator(f".box[data-detection='{index}']")


def rectangle(locator: Locator) -> list[float]:
    found = locator.bounding_box()
    assert found
    return [found["x"], found["y"], found["width"], found["height"]]


def expect_over_photo(page: Page) -> None:
    """Each box lies over its part of the photo, which fits into the viewer."""
    left, top, width, height = rectangle(page.locator("#photo"))
    scale = min(width / SIZE[0], height / SIZE[1])
    photo_width, photo_height = SIZE[0] * scale, SIZE[1] * scale
    left, top = left + (width - photo_width) / 2, top + (height - photo_height) / 2
    for index, detection in enumerate(PLANTS):
        x, y, box_width, box_height = detection["box_relative"].values()
        assert rectangle(box(page, index)) == pytest.approx(
            [
                left + x * photo_width,
                top + y * photo_height,
                box_width * photo_width,
                box_height * photo_height,
            ],
            abs=1.5,
        )


def test_boxes_and_rows_are_linked_by_pointer_and_keyboard(page: Page, scene: File) -> None:
    requests = respond(page, PLANTS)
    find_plants(page, scene)
    assert "classify=true" in requests[0].url
    expect(page.locator("#plant-count")).to_have_text("5 plants")
    expect(page.locator("#species-counts")).to_have_text("2 maize, 1 common chickweed and 2 unknown")
    expect(page.get_by_role("status")).to_have_text("5 plants: 2 maize, 1 common chickweed and 2 unknown")
    assert rows(page).locator(".name").all_inner_texts() == [
        "Maize",
        "Maize",
        "Not certain",
        "Not recognised",
        "Common chickweed",
    ]
    expect(rows(page).nth(2)).to_contain_text("perhaps sinapis-arvensis or zea-mays · a plant: 88%")
    expect_over_photo(page)

    rows(page).nth(2).hover()
    expect(box(page, 2)).to_have_attribute("data-active", "")
    # The small box lies within the large one.
    box(page, 1).hover()
    expect(rows(page).nth(1)).to_have_attribute("data-active", "")
    expect(page.locator("[data-active]")).to_have_count(2)
    box(page, 1).click()
    expect(rows(page).nth(1)).to_be_focused()
    expect(rows(page).nth(1)).to_have_attribute("aria-selected", "true")
    # Over a box, the pointer would highlight it again whenever the page moves.
    page.mouse.move(0, 0)
    for key, index in (("ArrowDown", 2), ("End", 4), ("ArrowDown", 4), ("Home", 0), ("ArrowRight", 1)):
        page.keyboard.press(key)
        expect(rows(page).nth(index)).to_be_focused()
        expect(page.locator("[aria-selected=true]")).to_have_count(1)
        expect(box(page, index)).to_have_attribute("data-active", "")
    page.keyboard.press("Escape")
    expect(page.locator("[aria-selected=true], [data-active]")).to_have_count(0)

    # The list is one stop of the Tab key.
    reach(page, "Export as CSV")
    page.keyboard.press("Shift+Tab")
    expect(rows(page).nth(0)).to_be_focused()
    page.set_viewport_size({"width": 360, "height": 740})
    expect_over_photo(page)


def test_the_export_is_safe_in_spreadsheets_and_in_pixels_of_the_file(page: Page, scene: File) -> None:
    respond(page, PLANTS, [], PLANTS[:1])
    empty, last = File(**{**scene, "name": "empty.jpg"}), File(**{**scene, "name": 'last, "one".jpg'})
    find_plants(page, scene, empty, last)
    expect(page.locator("#detections-kicker")).to_have_text("Photo 1 of 3")
    expect(page.locator("#all-counts")).to_contain_text("6 plants: 3 maize")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    assert download.value.suggested_filename == "frond-plants-5f0b7f3e.csv"
    text = download.value.path().read_text("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["photo"] for row in table] == ["'=scene;'+1.jpg"] * 5 + ['last, "one".jpg']
    assert [row["species"] for row in table[:5]] == [
        "zea-mays",
        "zea-mays",
        "sinapis-arvensis",
        "zea-mays",
        "stellaria-media",
    ]
    assert [row["verdict"] for row in table[2:5]] == ["uncertain", "not_recognised", ""]
    third = table[2]
    assert [third[name] for name in ("x", "y", "width", "height")] == ["1400", "500", "500", "500"]
    assert (third["class"], third["confidence"], third["species_confidence"]) == ("plant", "0.875", "0.9")
    assert table[4]["common_name"] == "Common chickweed"

    page.get_by_role("button", name="Photo 2 of 3").click()
    expect(page.get_by_role("heading", name="No plant found")).to_be_visible()
    expect(page.locator("#boxes")).to_be_hidden()
    expect(page.get_by_role("listbox")).to_be_hidden()
    page.get_by_role("button", name="Photo 3 of 3").click()
    expect(page.locator(".box")).to_have_count(1)


def test_the_task_is_remembered_and_each_result_is_requested_once(page: Page, maize: Path) -> None:
    requests = respond(page, [])
    find_plants(page, maize)
    expect(page.get_by_role("heading", name="No plant found")).to_be_visible()
    expect(page.get_by_role("button", name="Export as CSV")).to_be_hidden()
    with page.expect_request(CALL):
        page.get_by_role("radio", name="Name one plant").check()
    expect_maize(page)
    expect(page.get_by_role("button", name="Why?")).to_be_visible()
    page.get_by_role("radio", name="Find every plant").check()
    expect(page.get_by_role("heading", name="No plant found")).to_be_visible()
    expect(page.get_by_role("button", name="Why?")).to_be_hidden()
    assert len(requests) == 1

    page.reload()
    expect(page.get_by_role("radio", name="Find every plant")).to_be_checked()
    expect(page.get_by_role("heading", name="Which plants are here?")).to_be_visible()
    page.get_by_role("button", name="History").click()
    page.get_by_role("button", name="Open Maize").click()
    expect(page.locator("#species")).to_have_text("Maize")


def test_errors_can_be_retried(page: Page, scene: File) -> None:
    page.route(
        DETECTIONS,
        lambda route: route.fulfill(
            status=404, json={"type": "urn:frond:problem:unknown-path", "status": 404}
        ),
        times=1,
    )
    page.get_by_role("radio", name="Find every plant").check()
    choose(page, scene)
    expect_error(page, "This service cannot find plants yet", "“Name one plant” works")
    page.context.set_offline(True)
    choose(page, scene)
    expect_error(page, "You are offline", "then try again")
    page.context.set_offline(False)
    respond(page, PLANTS)
    page.get_by_role("button", name="Try again").click()
    expect(rows(page)).to_have_count(5)


def test_the_list_violates_no_rule_and_fits_in_every_language(page: Page, scene: File) -> None:
    respond(page, PLANTS * 12, [])
    find_plants(page, scene, File(**{**scene, "name": "empty.jpg"}))
    rows(page).nth(2).click()
    assert violations(page, "plants") == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for language, count, maize_name in (("es", "60 plantas", "Maíz"), ("fr", "60 plantes", "Maïs")):
            page.locator("#language").select_option(language)
            expect(page.locator("#plant-count")).to_have_text(count)
            expect(rows(page).first.locator(".name")).to_have_text(maize_name)
            expect(rows(page).nth(2)).to_have_attribute("aria-selected", "true")
            assert page.evaluate(OVERFLOW) == 0
    page.locator("#thumbnail-list button").nth(2).click()
    expect(page.get_by_role("listbox")).to_be_hidden()
    assert violations(page, "no plants") == []
