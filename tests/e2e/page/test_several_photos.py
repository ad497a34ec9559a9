"""Several photos of one plant: how they get onto the page, and what it tells of them all and of each."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.gestures import TEXT, File, choose, drop, expect_maize, overhear, shown_share
from tests.support.pictures import encoded


@pytest.fixture
def others(maize: Path) -> list[Path]:
    """Photos of other plants, which count as further photos of this one where one is needed."""
    return sorted(path for path in maize.parent.glob("*.jpg") if path != maize)


def strip(page: Page) -> Locator:
    return page.get_by_role("group", name="Photos of this plant")


def thumbnails(page: Page) -> Locator:
    return strip(page).get_by_role("button", name="Photo ", exact=False).filter(has=page.locator("img"))


def names(predictions: list[dict[str, Any]]) -> list[str]:
    return [str(prediction["common_name"]) for prediction in predictions]


def test_the_answer_is_of_all_photos_and_each_tells_its_own(
    page: Page, maize: Path, others: list[Path]
) -> None:
    answers = overhear(page)
    choose(page, maize, *others[:2])
    expect(page.locator("#answer")).to_be_visible()
    (answer,) = answers
    assert len(answer["images"]) == 3
    expect(thumbnails(page)).to_have_count(3)

    for index, path in enumerate([maize, *others[:2]]):
        thumbnail = thumbnails(page).nth(index)
        thumbnail.click()
        expect(thumbnail).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("img", name=f"Your photo, {path.name}")).to_be_visible()
        expect(page.locator("#own-title")).to_have_text(f"Photo {index + 1} of 3 on its own")
        expected = answer["images"][index]["predictions"][:3]
        rows = page.locator("#own-candidates li")
        assert rows.locator(".name").all_inner_texts() == names(expected)
        for row, prediction in zip(rows.all(), expected, strict=True):
            assert shown_share(row) == pytest.approx(prediction["confidence"], abs=0.011)
        expect(page.get_by_role("status")).to_contain_text(f"Photo {index + 1} of 3")
    assert page.locator("#candidates .name").all_inner_texts()[-1] == names(answer["predictions"])[-1]


def test_a_photo_that_is_not_recognised_by_itself_names_nothing(page: Page, maize: Path) -> None:
    grey = encoded(Image.new("RGB", (300, 300), (120, 118, 116)), "PNG")
    answers = overhear(page)
    choose(page, maize, File(name="grey.png", mimeType="image/png", buffer=grey))
    expect(page.locator("#answer")).to_be_visible()
    assert [image["verdict"] for image in answers[0]["images"]] == ["identified", "not_recognised"]
    page.get_by_role("button", name="Photo 2 of 2").click()
    expect(page.locator("#own-verdict")).to_have_text("Not recognised")
    expect(page.locator("#own-candidates li")).to_have_count(0)


def test_a_photo_can_be_added_and_each_can_be_taken_away(page: Page, maize: Path, others: list[Path]) -> None:
    answers = overhear(page)
    choose(page, maize)
    expect_maize(page)
    choose(page, others[0], button="Add a photo")
    expect(page.locator("#own-title")).to_have_text("Photo 2 of 2 on its own")
    assert len(answers[1]["images"]) == 2

    page.get_by_role("button", name="Remove photo 2").click()
    expect_maize(page)
    expect(page.locator("#own")).to_be_hidden()
    assert len(answers[2]["images"]) == 1

    page.get_by_role("button", name="Remove photo 1").click()
    expect(page.get_by_role("heading", name="Which plant is this?")).to_be_visible()
    expect(page.get_by_role("button", name="Choose photo")).to_be_focused()
    expect(thumbnails(page)).to_have_count(0)
    assert len(answers) == 3


def test_a_photo_dropped_on_the_strip_is_added(page: Page, maize: Path, others: list[Path]) -> None:
    choose(page, maize)
    expect_maize(page)
    drop(page, others[0], on="#strip")
    expect(page.get_by_role("button", name=f"Photo 2 of 2, {others[0].name}")).to_be_visible()


def test_of_more_than_five_the_page_says_which_were_left_out(
    page: Page, maize: Path, others: list[Path]
) -> None:
    answers = overhear(page)
    choose(page, maize, *others[:6])
    expect(page.locator("#answer")).to_be_visible()
    assert len(answers[0]["images"]) == 5
    expect(page.locator("#notice")).to_contain_text(
        f"takes five photos of a plant; left out: {others[4].name} and {others[5].name}."
    )
    expect(page.get_by_role("button", name="Add a photo")).to_be_hidden()


def test_what_is_no_photo_is_passed_over_and_said(page: Page, maize: Path) -> None:
    answers = overhear(page)
    notes = File(name="notes.txt", mimeType="text/plain", buffer=b"hello")
    empty = File(name="empty.jpg", mimeType="image/jpeg", buffer=b"")
    choose(page, notes, maize, empty)
    expect_maize(page)
    assert len(answers[0]["images"]) == 1
    expect(page.locator("#notice")).to_have_text("Not a photo, passed over: notes.txt and empty.jpg.")


def test_adding_what_is_no_photo_leaves_the_answer_where_it_is(page: Page, maize: Path) -> None:
    answers = overhear(page)
    choose(page, maize)
    expect_maize(page)
    choose(page, File(name="notes.txt", mimeType="text/plain", buffer=b"hello"), button="Add a photo")
    expect(page.locator("#notice")).to_have_text("Not a photo, passed over: notes.txt.")
    expect_maize(page)
    assert len(answers) == 1


def test_one_bad_photo_among_good_ones_can_be_taken_away(page: Page, maize: Path) -> None:
    choose(page, maize, TEXT)
    expect(page.locator("#problem h2")).to_have_text("That file is not a photo")
    page.get_by_role("button", name="Remove photo 2").click()
    expect_maize(page)
