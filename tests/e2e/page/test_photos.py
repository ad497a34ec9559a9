"""Every way a photo gets onto the page, and what the page makes of it."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Request, expect

from tests.e2e.conftest import Stack
from tests.e2e.page.conftest import Open
from tests.e2e.page.gestures import (
    CALL,
    TEXT,
    File,
    choose,
    drop,
    expect_maize,
    expect_problem,
    hold,
    overhear,
    paste,
)
from tests.support.pictures import encoded


def test_a_chosen_photo_gets_its_species_with_a_bar_for_each_candidate(page: Page, maize: Path) -> None:
    answers = overhear(page)
    choose(page, maize)
    expect_maize(page)
    first, *rest = answers[0]["predictions"]
    expect(page.get_by_role("img", name="Your photo, zea-mays.jpg")).to_be_visible()
    assert _length(page, "#hero-bar") == pytest.approx(first["confidence"], abs=0.005)
    rows = page.get_by_role("listitem").filter(visible=True)
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
    answers = overhear(page)
    drop(page, maize, maize.parent / "galium-aparine.jpg")
    expect(page.locator("#answer")).to_be_visible()
    expect(page.get_by_role("group", name="Photos of this plant").get_by_role("img")).to_have_count(0)
    expect(page.get_by_role("button", name="Photo 2 of 2, galium-aparine.jpg")).to_be_visible()
    assert len(answers[0]["images"]) == 2


def test_a_pasted_photo_is_classified(page: Page, maize: Path) -> None:
    paste(page, encoded(Image.open(maize), "PNG"))
    expect_maize(page)


def test_a_clipboard_without_a_picture_is_told_so(page: Page) -> None:
    page.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text/plain", "maize");
            document.body.dispatchEvent(new ClipboardEvent("paste", {clipboardData, bubbles: true}));
        }"""
    )
    expect_problem(page, "There is no photo in that", "Drop or paste a picture file")


def test_a_phone_offers_its_camera(open_page: Open, stack: Stack, maize: Path) -> None:
    phone = open_page(
        f"#key={stack.api_key}", viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    )
    assert phone.locator("#camera").get_attribute("capture") == "environment"
    choose(phone, maize, button="Take photo")
    expect_maize(phone)


def test_a_desktop_offers_none(page: Page) -> None:
    expect(page.get_by_role("button", name="Take photo")).to_be_hidden()


def test_a_text_file_called_jpg_gets_plain_words_and_a_photo_then_its_answer(page: Page, maize: Path) -> None:
    choose(page, TEXT)
    expect_problem(page, "That file is not a photo", "Choose a JPEG, PNG, WebP, HEIC or AVIF file.")
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
def test_what_cannot_be_classified_is_not_sent(page: Page, file: File, title: str, advice: str) -> None:
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    choose(page, file)
    expect_problem(page, title, advice)
    assert not sent


def test_a_photo_cut_short_is_told_so(page: Page, maize: Path) -> None:
    half = maize.read_bytes()[: maize.stat().st_size // 2]
    choose(page, File(name="half.jpg", mimeType="image/jpeg", buffer=half))
    expect_problem(page, "The photo is damaged", "Send the original again")


def test_a_file_the_browser_cannot_show_is_sent_by_its_extension(page: Page, maize: Path) -> None:
    # Chromium neither knows HEIC's type nor shows it. A JPEG that says so is no HEIC to it either.
    heic = File(name="leaf.heic", mimeType="", buffer=encoded(Image.open(maize).convert("RGB"), "JPEG")[::-1])
    with page.expect_request(CALL) as request:
        choose(page, heic)
    assert request.value.headers["content-type"] == "image/heic"
    expect(page.get_by_text("This browser cannot show this file")).to_be_visible()
    expect(page.locator("#file-name")).to_have_text("leaf.heic")
    expect_problem(page, "That file is not a photo", "Choose a JPEG")


def test_a_new_photo_cancels_the_one_before(page: Page, maize: Path) -> None:
    held = hold(page)
    choose(page, maize.parent / "galium-aparine.jpg")
    expect(page.get_by_role("heading", name="Looking closely")).to_be_visible()
    with page.expect_event("requestfailed"):
        choose(page, maize)
    expect_maize(page)
    assert len(held) == 1


def _length(page: Page, bar: str) -> float:
    """Return how much of a bar is filled, 0 to 1, once it has grown."""
    filled = page.locator(f"{bar} > i")
    filled.evaluate("bar => Promise.all(bar.getAnimations().map((animation) => animation.finished))")
    share = filled.evaluate(
        "b => b.getBoundingClientRect().width / b.parentElement.getBoundingClientRect().width"
    )
    return float(share)
