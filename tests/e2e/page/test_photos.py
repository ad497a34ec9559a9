"""Every way to give the page a photo, and the result."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Request, expect

from tests.e2e.page.actions import (
    CALL,
    TEXT,
    File,
    choose,
    drop,
    expect_error,
    expect_maize,
    hold,
    paste,
    record_answers,
)
from tests.e2e.page.conftest import Open
from tests.support.running_stack import RunningStack
from tests.support.sample_images import encoded


def test_a_chosen_photo_gets_its_species_and_a_bar_for_each_candidate(page: Page, maize: Path) -> None:
    answers = record_answers(page)
    choose(page, maize)
    expect_maize(page)
    first, *rest = answers[0]["predictions"]
    expect(page.get_by_role("img", name="Your photo, zea-mays.jpg")).to_be_visible()
    assert _length(page, "#hero-bar") == pytest.approx(first["confidence"], abs=0.005)
    rows = page.get_by_role("listitem").filter(visible=True)
    page.get_by_text("4 more, each under 1%").click()
    expect(rows).to_have_count(4)
    for row, prediction in zip(rows.all(), rest, strict=True):
        expect(row).to_contain_text(prediction["common_name"])
        expect(row).to_contain_text(prediction["scientific_name"])
        expect(row).to_contain_text(prediction["role"], ignore_case=True)
        expect(row).to_contain_text("%")
    model = answers[0]["model"]["version"]
    expect(page.locator("#fineprint")).to_have_text(re.compile(rf"Model {model} · answered in \d+ ms"))


def test_a_dropped_photo_is_classified(page: Page, maize: Path) -> None:
    drop(page, maize)
    expect_maize(page)


def test_two_dropped_photos_are_of_one_plant(page: Page, maize: Path) -> None:
    answers = record_answers(page)
    drop(page, maize, maize.parent / "galium-aparine.jpg")
    expect(page.locator("#answer")).to_be_visible()
    expect(page.get_by_role("group", name="Photos of this plant").get_by_role("img")).to_have_count(0)
    expect(page.get_by_role("button", name="Photo 2 of 2, galium-aparine.jpg")).to_be_visible()
    assert len(answers[0]["images"]) == 2


def test_a_pasted_photo_is_classified(page: Page, maize: Path) -> None:
    paste(page, encoded(Image.open(maize), "PNG"))
    expect_maize(page)


def test_a_clipboard_without_a_picture_is_an_error(page: Page) -> None:
    page.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", "maize");
            document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true}));
        }"""
    )
    expect_error(page, "There is no photo in that", "Drop or paste a picture file")


def test_a_phone_offers_its_camera(open_page: Open, stack: RunningStack, maize: Path) -> None:
    phone = open_page(
        f"#key={stack.api_key}", viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    assert phone.locator("#camera").get_attribute("capture") == "environment"
    choose(phone, maize, button="Take photo")
    expect_maize(phone)


def test_a_desktop_without_a_camera_offers_none(page: Page) -> None:
    expect(page.get_by_role("button", name="Take photo")).to_be_hidden()


def test_after_an_error_the_next_photo_is_classified(page: Page, maize: Path) -> None:
    choose(page, TEXT)
    expect_error(page, "That file is not a photo", "Choose a JPEG, PNG, WebP, HEIC or AVIF file.")
    expect(page.locator("#file-name")).to_have_text("notes.jpg")
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()
    choose(page, maize)
    expect_maize(page)


@pytest.mark.parametrize(
    ("file", "title", "advice"),
    [
        (File(name="notes.txt", mimeType="text/plain", buffer=b"hello"), "That file is not a photo", "JPEG"),
        (
            File(name="empty.jpg", mimeType="image/jpeg", buffer=b""),
            "The file is empty",
            "take the photo again",
        ),
    ],
    ids=["text", "empty"],
)
def test_a_file_that_is_no_photo_is_not_sent(page: Page, file: File, title: str, advice: str) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    choose(page, file)
    expect_error(page, title, advice)
    assert not sent


def test_a_truncated_photo_is_an_error(page: Page, maize: Path) -> None:
    half = maize.read_bytes()[: maize.stat().st_size // 2]
    choose(page, File(name="half.jpg", mimeType="image/jpeg", buffer=half))
    expect_error(page, "The photo is damaged", "Send the original again")


def test_a_file_the_browser_cannot_show_is_sent_by_its_extension(page: Page, maize: Path) -> None:
    # Chromium neither detects nor decodes HEIC. The API finds no photo in these bytes.
    heic = File(name="leaf.heic", mimeType="", buffer=encoded(Image.open(maize).convert("RGB"), "JPEG")[::-1])
    with page.expect_request(CALL) as request:
        choose(page, heic)
    assert request.value.headers["content-type"] == "image/heic"
    expect(page.get_by_text("This browser cannot show this file")).to_be_visible()
    expect(page.locator("#file-name")).to_have_text("leaf.heic")
    expect_error(page, "That file is not a photo", "Choose a JPEG")


def test_a_new_photo_aborts_the_previous_request(page: Page, maize: Path) -> None:
    held = hold(page)
    choose(page, maize.parent / "galium-aparine.jpg")
    expect(page.get_by_role("heading", name="Looking closely")).to_be_visible()
    with page.expect_event("requestfailed"):
        choose(page, maize)
    expect_maize(page)
    assert len(held) == 1


def _length(page: Page, bar: str) -> float:
    """Return the filled part of a bar, 0 to 1, after its animation."""
    filled = page.locator(f"{bar} > i")
    filled.evaluate("bar => Promise.all(bar.getAnimations().map((animation) => animation.finished))")
    share = filled.evaluate(
        "b => b.getBoundingClientRect().width / b.parentElement.getBoundingClientRect().width"
    )
    return float(share)
