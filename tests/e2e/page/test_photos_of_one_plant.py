"""Several photos of one plant: adding, removing, and the results of all and of each."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.actions import TEXT, File, choose, drop, expect_maize, record_answers, shown_confidence
from tests.support.sample_images import encoded


@pytest.fixture
def others(maize: Path) -> list[Path]:
    """Photos of other plants, used as further photos of the same plant."""
    return sorted(path for path in maize.parent.glob("*.jpg") if path != maize)


def thumbnail_group(page: Page) -> Locator:
    return page.get_by_role("group", name="Photos of this plant")


def thumbnails(page: Page) -> Locator:
    return (
        thumbnail_group(page)
        .get_by_role("button", name="Photo ", exact=False)
        .filter(has=page.locator("img"))
    )


def names(predictions: list[dict[str, Any]]) -> list[str]:
    return [str(prediction["common_name"]) for prediction in predictions]


def test_each_photo_has_a_result_of_its_own_beside_the_common_answer(
    page: Page, maize: Path, others: list[Path]
) -> None:
    answers = record_answers(page)
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
        expect(page.locator("#image-title")).to_have_text(f"Photo {index + 1} of 3 on its own")
        expected = answer["images"][index]["predictions"][:3]
        rows = page.locator("#image-candidates li")
        assert rows.locator(".name").all_inner_texts() == names(expected)
        for row, prediction in zip(rows.all(), expected, strict=True):
            assert shown_confidence(row) == pytest.approx(prediction["confidence"], abs=0.011)
        expect(page.get_by_role("status")).to_contain_text(f"Photo {index + 1} of 3")
    assert (
        page.locator("#candidates .name, #unlikely-candidates .name").all_text_contents()[-1]
        == names(answer["predictions"])[-1]
    )


def test_a_photo_that_is_not_recognised_alone_has_no_candidates(page: Page, maize: Path) -> None:
    grey = encoded(Image.new("RGB", (300, 300), (120, 118, 116)), "PNG")
    answers = record_answers(page)
    choose(page, maize, File(name="grey.png", mimeType="image/png", buffer=grey))
    expect(page.locator("#answer")).to_be_visible()
    assert [image["verdict"] for image in answers[0]["images"]] == ["identified", "not_recognised"]
    page.get_by_role("button", name="Photo 2 of 2").click()
    expect(page.locator("#image-verdict")).to_have_text("Not recognised")
    expect(page.locator("#image-candidates li")).to_have_count(0)


def test_photos_can_be_added_and_removed(page: Page, maize: Path, others: list[Path]) -> None:
    answers = record_answers(page)
    choose(page, maize)
    expect_maize(page)
    choose(page, others[0], button="Add a photo")
    expect(page.locator("#image-title")).to_have_text("Photo 2 of 2 on its own")
    assert len(answers[1]["images"]) == 2

    page.get_by_role("button", name="Remove photo 2").click()
    expect_maize(page)
    expect(page.locator("#image-result")).to_be_hidden()
    assert len(answers[2]["images"]) == 1

    page.get_by_role("button", name="Remove photo 1").click()
    expect(page.get_by_role("heading", name="Which plant is this?")).to_be_visible()
    expect(page.get_by_role("button", name="Choose photo")).to_be_focused()
    expect(thumbnails(page)).to_have_count(0)
    assert len(answers) == 3


def test_a_photo_dropped_on_the_thumbnails_is_added(page: Page, maize: Path, others: list[Path]) -> None:
    choose(page, maize)
    expect_maize(page)
    drop(page, others[0], on="#thumbnails")
    expect(page.get_by_role("button", name=f"Photo 2 of 2, {others[0].name}")).to_be_visible()


def test_of_more_than_five_photos_the_rest_is_listed_in_a_notice(
    page: Page, maize: Path, others: list[Path]
) -> None:
    answers = record_answers(page)
    choose(page, maize, *others[:6])
    expect(page.locator("#answer")).to_be_visible()
    assert len(answers[0]["images"]) == 5
    expect(page.locator("#notice")).to_contain_text(
        f"takes five photos of a plant; left out: {others[4].name} and {others[5].name}."
    )
    expect(page.get_by_role("button", name="Add a photo")).to_be_hidden()


def test_files_that_are_no_photos_are_listed_in_a_notice(page: Page, maize: Path) -> None:
    answers = record_answers(page)
    notes = File(name="notes.txt", mimeType="text/plain", buffer=b"hello")
    empty = File(name="empty.jpg", mimeType="image/jpeg", buffer=b"")
    choose(page, notes, maize, empty)
    expect_maize(page)
    assert len(answers[0]["images"]) == 1
    expect(page.locator("#notice")).to_have_text("Not a photo, passed over: notes.txt and empty.jpg.")


def test_adding_a_file_that_is_no_photo_leaves_the_answer(page: Page, maize: Path) -> None:
    answers = record_answers(page)
    choose(page, maize)
    expect_maize(page)
    choose(page, File(name="notes.txt", mimeType="text/plain", buffer=b"hello"), button="Add a photo")
    expect(page.locator("#notice")).to_have_text("Not a photo, passed over: notes.txt.")
    expect_maize(page)
    assert len(answers) == 1


def test_a_bad_photo_among_good_ones_can_be_removed(page: Page, maize: Path) -> None:
    choose(page, maize, TEXT)
    expect(page.locator("#error h2")).to_have_text("That file is not a photo")
    page.get_by_role("button", name="Remove photo 2").click()
    expect_maize(page)
