"""Large photos: made smaller on the device, or sent whole through the bucket."""

import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.conftest import SHARED
from tests.e2e.page.gestures import CALL, RECORD, File, choose, expect_problem, overhear
from tests.support.pictures import encoded, exif

MOST_BYTES = 4_400_000
ANNOUNCE = "**/v1/uploads"


@pytest.fixture(scope="module")
def large(maize: Path) -> Image.Image:
    """Twelve megapixels of maize with the grain of a phone's camera."""
    picture = Image.open(maize).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(7).normal(0, 10, (3000, 4000, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def heic(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=90)
    return file.getvalue()


def answers_of(page: Page) -> list[dict[str, Any]]:
    """Return a list that fills with what the page is told when it asks how far its photo is."""
    heard: list[dict[str, Any]] = []

    def listen(route: Route) -> None:
        response = route.fetch()
        heard.append(response.json())
        route.fulfill(response=response)

    page.route(RECORD, listen)
    return heard


def send_originals(page: Page) -> None:
    page.get_by_label("Send the original").check()


def test_ten_megabytes_of_photo_are_made_smaller_and_upright_on_the_device(
    page: Page, large: Image.Image
) -> None:
    answers = overhear(page)
    photo = encoded(large, "JPEG", quality=99, exif=exif(orientation=6))
    assert len(photo) > 10_000_000
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=photo))
    expect(page.locator("#answer")).to_be_visible()

    image = answers[0]["image"]
    assert (image["width"], image["height"], image["format"]) == (960, 1280, "JPEG")
    assert page.evaluate("plant.question.sent") < 1_000_000
    expect(page.locator("#fineprint")).to_have_text(
        re.compile(r"sent 0\.\d MB of 1\d(\.\d)? MB, made smaller")
    )
    expect(page.locator("#notice")).to_be_hidden()


def test_what_shines_through_a_smaller_copy_is_white(page: Page, large: Image.Image) -> None:
    clear = large.resize((1600, 1200)).convert("RGBA")
    clear.putalpha(0)
    photo = encoded(clear, "PNG", compress_level=0)
    with page.expect_request(CALL) as sent:
        choose(page, File(name="clear.png", mimeType="image/png", buffer=photo))
    expect(page.locator("#answer")).to_be_visible()
    copy = page.evaluate(
        """async () => {
            const bitmap = await createImageBitmap((await plant.photos[0].made).copy);
            const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
            canvas.getContext("2d").drawImage(bitmap, -600, -400);
            return [bitmap.width, bitmap.height, ...canvas.getContext("2d").getImageData(0, 0, 1, 1).data];
        }"""
    )
    assert copy == [1280, 960, 255, 255, 255, 255]
    assert sent.value.all_headers()["content-type"] == "image/jpeg"


def test_a_small_photo_goes_as_it_is(page: Page, maize: Path) -> None:
    with page.expect_request(CALL) as sent:
        choose(page, maize)
    expect(page.locator("#answer")).to_be_visible()
    assert int(sent.value.all_headers()["content-length"]) == maize.stat().st_size
    expect(page.locator("#fineprint")).to_have_text(re.compile(r"\d ms$"))


def test_the_original_is_sent_to_whoever_wants_that_and_it_is_kept_in_mind(
    page: Page, large: Image.Image
) -> None:
    answers = overhear(page)
    photo = encoded(large.resize((2000, 1500)), "JPEG", quality=90)
    assert 300_000 < len(photo) < MOST_BYTES
    send_originals(page)
    page.reload()
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=photo))
    expect(page.locator("#answer")).to_be_visible()
    assert answers[0]["image"]["width"] == 2000


def test_several_originals_that_do_not_fit_together_are_made_smaller_and_the_page_says_so(
    page: Page, large: Image.Image
) -> None:
    answers = overhear(page)
    photo = encoded(large.resize((2900, 2175)), "JPEG", quality=95)
    assert MOST_BYTES / 2 < len(photo) < MOST_BYTES
    send_originals(page)
    choose(page, *(File(name=f"{name}.jpg", mimeType="image/jpeg", buffer=photo) for name in "ab"))
    expect(page.locator("#answer")).to_be_visible()
    assert [image["width"] for image in answers[0]["images"]] == [1280, 1280]
    expect(page.locator("#notice")).to_contain_text("more than can be sent together")


def test_several_that_cannot_be_made_smaller_are_too_large_together(page: Page) -> None:
    files = [File(name=f"{name}.heic", mimeType="", buffer=bytes(MOST_BYTES // 2 + 1)) for name in "ab"]
    choose(page, *files)
    expect_problem(page, "The photos are too large to send together", "Send fewer")


def test_a_phones_twelve_megapixels_go_through_the_bucket_whole(page: Page, large: Image.Image) -> None:
    send_originals(page)
    photo = encoded(large, "JPEG", quality=95, exif=exif(orientation=6))
    assert len(photo) > MOST_BYTES
    answers = answers_of(page)
    with page.expect_request(ANNOUNCE) as announced:
        choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=photo))

    expect(page.locator("#answer")).to_be_visible(timeout=90_000)
    assert announced.value.post_data_json == {"content_type": "image/jpeg", "size": len(photo)}
    last = answers[-1]
    assert (last["status"], last["source"]["door"]) == ("succeeded", "s3")
    assert (last["image"]["width"], last["image"]["height"]) == (3000, 4000)
    assert answers[0]["status"] in ("queued", "running", "succeeded")
    expect(page.locator("#sent")).to_be_hidden()


def test_eight_megapixels_of_heic_go_through_the_bucket(page: Page, large: Image.Image) -> None:
    photo = heic(large.resize((3264, 2448)))
    answers = answers_of(page)
    choose(page, File(name="phone.heic", mimeType="", buffer=padded(photo)))

    expect(page.locator("#answer")).to_be_visible(timeout=90_000)
    assert (answers[-1]["status"], answers[-1]["image"]["format"]) == ("succeeded", "HEIF")
    assert (answers[-1]["image"]["width"], answers[-1]["image"]["height"]) == (3264, 2448)


def padded(photo: bytes) -> bytes:
    """Return a file of more bytes than a request takes: a free box (ISO/IEC 14496-12) at its end.

    Readers of HEIC skip it, and readers of JPEG stop before it.
    """
    rest = max(8, MOST_BYTES + 1 - len(photo))
    return photo + rest.to_bytes(4, "big") + b"free" + bytes(rest - 8)


@pytest.mark.parametrize("name", ["oneplus_plant_12mp.jpg", "iphone11promax_flower_8mp.heic"])
def test_photos_of_real_phones_go_through_the_bucket(page: Page, name: str) -> None:
    path = SHARED / "photos" / "phone" / name
    if not path.exists():
        pytest.skip("these photos lie beside the project, where they do")
    answers = answers_of(page)
    send_originals(page)
    choose(page, File(name=name, mimeType="", buffer=padded(path.read_bytes())))

    expect(page.locator("#answer")).to_be_visible(timeout=90_000)
    assert (answers[-1]["status"], answers[-1]["source"]["door"]) == ("succeeded", "s3")


def test_the_page_says_how_far_a_large_photo_is(page: Page, large: Image.Image) -> None:
    told: list[str] = ["queued", "running", "running"]

    def answer(route: Route) -> None:
        if told:
            status = told.pop(0)
            route.fulfill(json={"status": status, "verdict": None, "predictions": [], "error": None})
        else:
            route.fulfill(response=route.fetch())

    page.route(RECORD, answer)
    send_originals(page)
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=encoded(large, "JPEG", quality=95)))

    expect(page.locator("#progress-step")).to_contain_text("waits for its turn")
    expect(page.locator("#progress-step")).to_contain_text("being looked at")
    expect(page.locator("#answer")).to_be_visible(timeout=90_000)


def test_a_large_file_that_is_no_photo_is_told_so(page: Page) -> None:
    choose(page, File(name="large.heic", mimeType="", buffer=bytes(MOST_BYTES + 1)))
    expect_problem(page, "That file is not a photo", "Choose a JPEG")


def test_where_that_door_is_closed_a_smaller_copy_goes_through_the_other(
    page: Page, large: Image.Image
) -> None:
    problem = {"type": "urn:frond:problem:unknown-path", "status": 404, "title": "", "detail": ""}
    page.route(ANNOUNCE, lambda route: route.fulfill(status=404, json=problem))
    answers = overhear(page)
    send_originals(page)
    photo = encoded(large, "JPEG", quality=95, exif=exif(orientation=6))
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=photo))

    expect(page.locator("#answer")).to_be_visible()
    image = answers[0]["image"]
    assert (image["width"], image["height"], image["format"]) == (960, 1280, "JPEG")
    expect(page.locator("#notice")).to_have_text(re.compile(r"The photo was [\d.]+ MB.*smaller copy"))


def test_an_upload_that_breaks_off_can_be_tried_again(page: Page, large: Image.Image) -> None:
    page.route(re.compile(r"frond-local-uploads"), lambda route: route.abort(), times=1)
    send_originals(page)
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=encoded(large, "JPEG", quality=95)))
    expect_problem(page, "Frond cannot be reached", "try again")

    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#answer")).to_be_visible(timeout=90_000)
