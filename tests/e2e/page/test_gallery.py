"""What the model knows, to be looked through."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Stack
from tests.e2e.page.conftest import Open
from tests.e2e.page.gestures import choose, expect_maize


def gallery(page: Page) -> Locator:
    page.get_by_role("button", name="Species").click()
    return page.get_by_role("dialog", name="What Frond knows")


def test_every_species_is_there_with_what_is_known_of_it(page: Page) -> None:
    sheet = gallery(page)
    expect(sheet.get_by_role("listitem")).to_have_count(12)
    expect(sheet.get_by_text("12 species")).to_be_visible()
    maize = sheet.get_by_role("listitem").filter(has_text="Zea mays")
    for fact in ("Maize", "Zea mays", "Poaceae · ZEAMX", "Crop"):
        expect(maize).to_contain_text(fact)
    expect(sheet).to_contain_text("CC BY-SA 4.0")
    expect(sheet).to_contain_text("Plant Seedlings")
    names = sheet.locator(".name").all_inner_texts()
    assert names == sorted(names)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("maiz", {"Zea mays"}),
        ("ZEAMX", {"Zea mays"}),
        ("poaceae weed", set()),
        ("brassicaceae", {"Sinapis arvensis", "Capsella bursa-pastoris"}),
        ("stellaria MEDIA", {"Stellaria media"}),
    ],
)
def test_a_species_is_found_by_its_names_family_and_code(page: Page, wanted: str, found: set[str]) -> None:
    sheet = gallery(page)
    expect(sheet.get_by_role("listitem")).to_have_count(12)
    sheet.get_by_label("Search").fill(wanted)
    rows = sheet.get_by_role("listitem").filter(visible=True)
    expect(rows).to_have_count(len(found))
    assert set(rows.locator(".scientific-name").all_inner_texts()) == found
    words = f"{len(found)} of 12 species" if found else "No species of that name"
    expect(sheet.get_by_role("status")).to_contain_text(words)


def test_a_picture_is_fetched_for_what_is_seen_and_only_once(open_page: Open, stack: Stack) -> None:
    page = open_page(f"#key={stack.api_key}", viewport={"width": 390, "height": 700})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/photo") else None)
    sheet = gallery(page)
    first, last = sheet.get_by_role("listitem").first, sheet.get_by_role("listitem").last
    expect(first.get_by_role("img", name="Black-grass, a picture from the data set")).to_be_visible()
    assert first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 224
    expect(last.locator("img")).to_be_hidden()
    assert 0 < len(asked) < 12

    last.scroll_into_view_if_needed()
    expect(last.locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(gallery(page).get_by_role("listitem").first.locator("img")).to_be_visible()
    assert len(asked) == len(set(asked))


def test_where_there_is_no_picture_stands_a_leaf(page: Page) -> None:
    problem = {"type": "urn:frond:problem:no-picture", "status": 404, "title": "", "detail": ""}
    page.route("**/v1/species/zea-mays/photo", lambda route: route.fulfill(status=404, json=problem))
    sheet = gallery(page)
    expect(sheet.get_by_role("listitem").first.locator("img")).to_be_visible()
    sheet.get_by_label("Search").fill("zea")
    row = sheet.get_by_role("listitem").filter(visible=True)
    expect(row.locator(".leaf")).to_be_visible()
    expect(row.locator("img")).to_be_hidden()


def test_without_a_key_the_gallery_asks_for_it(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Species").click()
    expect(page.get_by_role("heading", name="Frond needs your key")).to_be_visible()


def test_a_list_that_does_not_come_is_told_and_asked_for_again(page: Page, stack: Stack, maize: Path) -> None:
    page.context.set_offline(True)
    sheet = gallery(page)
    expect(sheet.get_by_role("status")).to_contain_text("You are offline")
    page.context.set_offline(False)
    sheet.get_by_role("button", name="Close").click()
    expect(gallery(page).get_by_role("listitem")).to_have_count(12)
    page.keyboard.press("Escape")
    choose(page, maize)
    expect_maize(page)
