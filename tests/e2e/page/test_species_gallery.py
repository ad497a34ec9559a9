"""The gallery of the species that the model knows."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.actions import choose, expect_maize
from tests.e2e.page.conftest import Open
from tests.support.running_stack import RunningStack


def gallery(page: Page) -> Locator:
    page.get_by_role("button", name="Species").click()
    return page.get_by_role("dialog", name="What Frond knows")


def test_every_species_has_a_card(page: Page) -> None:
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
    status = f"{len(found)} of 12 species" if found else "No species of that name"
    expect(sheet.get_by_role("status")).to_contain_text(status)


def test_a_picture_is_fetched_once_and_only_when_visible(open_page: Open, stack: RunningStack) -> None:
    page = open_page(f"#key={stack.api_key}", viewport={"width": 390, "height": 700})
    requested: list[str] = []
    page.on(
        "request", lambda request: requested.append(request.url) if request.url.endswith("/photo") else None
    )
    sheet = gallery(page)
    first, last = sheet.get_by_role("listitem").first, sheet.get_by_role("listitem").last
    expect(first.get_by_role("img", name="Black-grass, a picture from the data set")).to_be_visible()
    assert first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") <= 224
    expect(last.locator("img")).to_be_hidden()
    assert 0 < len(requested) < 12

    last.scroll_into_view_if_needed()
    expect(last.locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(gallery(page).get_by_role("listitem").first.locator("img")).to_be_visible()
    assert len(requested) == len(set(requested))


def test_a_species_without_a_picture_shows_a_leaf(page: Page) -> None:
    problem = {"type": "urn:frond:problem:no-picture", "status": 404, "title": "", "detail": ""}
    page.route("**/v1/species/zea-mays/photo", lambda route: route.fulfill(status=404, json=problem))
    sheet = gallery(page)
    expect(sheet.get_by_role("listitem").first.locator("img")).to_be_visible()
    sheet.get_by_label("Search").fill("zea")
    row = sheet.get_by_role("listitem").filter(visible=True)
    expect(row.locator(".leaf")).to_be_visible()
    expect(row.locator("img")).to_be_hidden()


def test_the_gallery_needs_a_key(open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Species").click()
    expect(page.get_by_role("heading", name="Frond needs your key")).to_be_visible()


def test_a_failed_request_is_repeated_when_the_gallery_is_opened_again(
    page: Page, stack: RunningStack, maize: Path
) -> None:
    # The welcome asks for the species, too.
    page.route("**/v1/species", lambda route: route.abort())
    page.reload()
    sheet = gallery(page)
    expect(sheet.get_by_role("status")).to_contain_text("Frond cannot be reached")
    page.unroute("**/v1/species")
    sheet.get_by_role("button", name="Close").click()
    expect(gallery(page).get_by_role("listitem")).to_have_count(12)
    page.keyboard.press("Escape")
    choose(page, maize)
    expect_maize(page)
