"""Large photos: resized on the device, or uploaded unchanged to S3."""

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
from tests.e2e.page.actions import CALL, RECORD, File, choose, expect_error, record_answers
from tests.support.sample_images import encoded, exif
from tests.support.waiting import HANG_S

MAX_BODY_BYTES = 4_400_000
UPLOADS = "**/v1/uploads"


# Records the bodies of single photos.
RECORD_BODIES = """() => {
    const {send} = XMLHttpRequest.prototype;
    window.sentBodies = [];
    XMLHttpRequest.prototype.send = function (body) {
        window.sentBodies.push(new Blob([body]));
        return send.call(this, body);
    };
}"""


@pytest.fixture(scope="module")
def large(maize: Path) -> Image.Image:
    """Twelve megapixels of maize with the grain of a phone's camera."""
    picture = Image.open(maize).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = np.random.default_rng(7).normal(0, 10, (3000, 4000, 3))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def heic(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    # As a phone's chip does, and not as well as the encoder can, which takes eight times as long.
    pillow_heif.from_pillow(picture).save(file, quality=90, enc_params={"preset": "ultrafast"})
    return file.getvalue()


def record_polling(page: Page) -> list[dict[str, Any]]:
    """Return a list that fills with the responses to the page's polling."""
    responses: list[dict[str, Any]] = []

    def record(route: Route) -> None:
        response = route.fetch()
        responses.append(response.json())
        route.fulfill(response=response)

    page.route(RECORD, record)
    return responses


def send_originals(page: Page) -> None:
    page.get_by_label("Send the original").check()


def test_a_photo_of_ten_megabytes_is_resized_and_upright(page: Page, large: Image.Image) -> None:
    answers = record_answers(page)
    photo = encoded(large, "JPEG", quality=99, exif=exif(orientation=6))
    assert len(photo) > 10_000_000
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=photo))
    expect(page.locator("#answer")).to_be_visible()

    image = answers[0]["image"]
    assert (image["width"], image["height"], image["format"]) == (960, 1280, "JPEG")
    expect(page.locator("#fineprint")).to_have_text(
        re.compile(r"sent 0\.\d MB of 1\d(\.\d)? MB, made smaller")
    )
    expect(page.locator("#notice")).to_be_hidden()


def test_a_resized_copy_has_a_white_background(page: Page, large: Image.Image) -> None:
    clear = large.resize((1600, 1200)).convert("RGBA")
    clear.putalpha(0)
    photo = encoded(clear, "PNG", compress_level=0)
    page.evaluate(RECORD_BODIES)
    with page.expect_request(CALL) as sent:
        choose(page, File(name="clear.png", mimeType="image/png", buffer=photo))
    expect(page.locator("#answer")).to_be_visible()
    copy = page.evaluate(
        """async () => {
            const bitmap = await createImageBitmap(window.sentBodies[0]);
            const canvas = Object.assign(document.createElement("canvas"), {width: 1, height: 1});
            canvas.getContext("2d").drawImage(bitmap, -600, -400);
            return [bitmap.width, bitmap.height, ...canvas.getContext("2d").getImageData(0, 0, 1, 1).data];
        }"""
    )
    assert copy == [1280, 960, 255, 255, 255, 255]
    assert sent.value.all_headers()["content-type"] == "image/jpeg"


def test_a_small_photo_is_sent_unchanged(page: Page, maize: Path) -> None:
    with page.expect_request(CALL) as sent:
        choose(page, maize)
    expect(page.locator("#answer")).to_be_visible()
    assert int(sent.value.all_headers()["content-length"]) == maize.stat().st_size
    expect(page.locator("#fineprint")).to_have_text(re.compile(r"\d ms$"))


def test_the_setting_to_send_originals_is_saved(page: Page, large: Image.Image) -> None:
    answers = record_answers(page)
    photo = encoded(large.resize((2000, 1500)), "JPEG", quality=90)
    assert 300_000 < len(photo) < MAX_BODY_BYTES
    send_originals(page)
    page.reload()
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=photo))
    expect(page.locator("#answer")).to_be_visible()
    assert answers[0]["image"]["width"] == 2000


def test_originals_that_are_too_large_together_are_resized_with_a_notice(
    page: Page, large: Image.Image
) -> None:
    answers = record_answers(page)
    photo = encoded(large.resize((2900, 2175)), "JPEG", quality=95)
    assert MAX_BODY_BYTES / 2 < len(photo) < MAX_BODY_BYTES
    send_originals(page)
    choose(page, *(File(name=f"{name}.jpg", mimeType="image/jpeg", buffer=photo) for name in "ab"))
    expect(page.locator("#answer")).to_be_visible()
    assert [image["width"] for image in answers[0]["images"]] == [1280, 1280]
    expect(page.locator("#notice")).to_contain_text("more than can be sent together")


def test_photos_that_cannot_be_resized_may_be_too_large_together(page: Page) -> None:
    files = [File(name=f"{name}.heic", mimeType="", buffer=bytes(MAX_BODY_BYTES // 2 + 1)) for name in "ab"]
    choose(page, *files)
    expect_error(page, "The photos are too large to send together", "Send fewer")


def test_twelve_megapixels_are_uploaded_unchanged(page: Page, large: Image.Image) -> None:
    send_originals(page)
    photo = encoded(large, "JPEG", quality=95, exif=exif(orientation=6))
    assert len(photo) > MAX_BODY_BYTES
    answers = record_polling(page)
    with page.expect_request(UPLOADS) as requested:
        choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=photo))

    expect(page.locator("#answer")).to_be_visible(timeout=1000 * HANG_S)
    assert requested.value.post_data_json == {"content_type": "image/jpeg", "size": len(photo)}
    last = answers[-1]
    assert (last["status"], last["source"]["door"]) == ("succeeded", "s3")
    assert (last["image"]["width"], last["image"]["height"]) == (3000, 4000)
    assert answers[0]["status"] in ("queued", "running", "succeeded")
    expect(page.locator("#upload-progress")).to_be_hidden()


def test_eight_megapixels_of_heic_are_uploaded(page: Page, maize: Path) -> None:
    # Without grain, which takes long to encode.
    photo = heic(Image.open(maize).resize((3264, 2448)))
    answers = record_polling(page)
    choose(page, File(name="phone.heic", mimeType="", buffer=padded(photo)))

    expect(page.locator("#answer")).to_be_visible(timeout=1000 * HANG_S)
    assert (answers[-1]["status"], answers[-1]["image"]["format"]) == ("succeeded", "HEIF")
    assert (answers[-1]["image"]["width"], answers[-1]["image"]["height"]) == (3264, 2448)


def padded(photo: bytes) -> bytes:
    """Return a file of more bytes than a request takes: a free box (ISO/IEC 14496-12) at its end.

    Readers of HEIC skip it, and readers of JPEG stop before it.
    """
    rest = max(8, MAX_BODY_BYTES + 1 - len(photo))
    return photo + rest.to_bytes(4, "big") + b"free" + bytes(rest - 8)


@pytest.mark.parametrize("name", ["oneplus_plant_12mp.jpg", "iphone11promax_flower_8mp.heic"])
def test_photos_of_real_phones_are_uploaded(page: Page, name: str) -> None:
    path = SHARED / "photos" / "phone" / name
    if not path.exists():
        pytest.skip("these photos lie beside the project, where they do")
    answers = record_polling(page)
    send_originals(page)
    choose(page, File(name=name, mimeType="", buffer=padded(path.read_bytes())))

    expect(page.locator("#answer")).to_be_visible(timeout=1000 * HANG_S)
    assert (answers[-1]["status"], answers[-1]["source"]["door"]) == ("succeeded", "s3")


def test_the_page_shows_the_progress_of_an_upload(page: Page, maize: Path) -> None:
    pending = ["queued", "running"]

    def answer(route: Route) -> None:
        if pending:
            route.fulfill(json={"status": pending[0], "verdict": None, "predictions": [], "error": None})
        else:
            route.fulfill(response=route.fetch())

    page.route(RECORD, answer)
    send_originals(page)
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=padded(maize.read_bytes())))

    # Each status lasts until the page shows it.
    expect(page.locator("#progress-step")).to_contain_text("waits for its turn")
    pending.pop(0)
    expect(page.locator("#progress-step")).to_contain_text("being looked at")
    pending.pop(0)
    expect(page.locator("#answer")).to_be_visible(timeout=1000 * HANG_S)


def test_a_large_file_that_is_no_photo_is_an_error(page: Page) -> None:
    choose(page, File(name="large.heic", mimeType="", buffer=bytes(MAX_BODY_BYTES + 1)))
    expect_error(page, "That file is not a photo", "Choose a JPEG")


def test_without_an_uploads_bucket_a_resized_copy_is_sent(page: Page, large: Image.Image) -> None:
    problem = {"type": "urn:frond:problem:unknown-path", "status": 404, "title": "", "detail": ""}
    page.route(UPLOADS, lambda route: route.fulfill(status=404, json=problem))
    answers = record_answers(page)
    send_originals(page)
    photo = encoded(large, "JPEG", quality=95, exif=exif(orientation=6))
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=photo))

    expect(page.locator("#answer")).to_be_visible()
    image = answers[0]["image"]
    assert (image["width"], image["height"], image["format"]) == (960, 1280, "JPEG")
    expect(page.locator("#notice")).to_have_text(re.compile(r"The photo was [\d.]+ MB.*smaller copy"))


def test_an_interrupted_upload_can_be_retried(page: Page, maize: Path) -> None:
    page.route(re.compile(r"frond-local-uploads"), lambda route: route.abort(), times=1)
    send_originals(page)
    choose(page, File(name="phone.jpg", mimeType="image/jpeg", buffer=padded(maize.read_bytes())))
    expect_error(page, "Frond cannot be reached", "try again")

    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#answer")).to_be_visible(timeout=1000 * HANG_S)
