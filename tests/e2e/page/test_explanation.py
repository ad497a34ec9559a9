"""The activation map over the photo, and advice on the quality of photos."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from playwright.sync_api import Page, Route, expect

from tests.e2e.page.actions import File, choose, expect_maize, record_answers
from tests.e2e.page.conftest import Open
from tests.support.running_stack import RunningStack
from tests.support.sample_images import encoded

# The opacity of the overlay at the centre of each cell, 0 to 1, by rows.
DARKNESS = """([canvas, rows, columns]) => {
    const {data, width, height} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const middle = (index, cells, length) => Math.floor((index + 0.5) * length / cells);
    return Array.from({length: rows}, (_, row) => Array.from({length: columns}, (_, column) =>
        data[4 * (middle(row, rows, height) * width + middle(column, columns, width)) + 3] / 255));
}"""
# What the drawing resolves of the evidence, 0 to 1.
RESOLVED = 0.06
# The position and size of a picture inside its box (`object-fit: contain`).
DRAWN = """element => {
    const {left, top, width, height} = element.getBoundingClientRect();
    const across = element.naturalWidth ?? element.width, down = element.naturalHeight ?? element.height;
    const scale = Math.min(width / across, height / down);
    const fits = getComputedStyle(element).objectFit === "contain";
    const [wide, high] = [across * scale, down * scale];
    return fits && [left + (width - wide) / 2, top + (height - high) / 2, wide, high];
}"""


def wide(maize: Path) -> File:
    """A photo twice as wide as it is high, of which the model sees the centre."""
    seedling = Image.open(maize).convert("RGB")
    picture = Image.new("RGB", (2 * seedling.width, seedling.height), "black")
    picture.paste(seedling, (seedling.width // 2, 0))
    return File(name="wide.png", mimeType="image/png", buffer=encoded(picture, "PNG"))


def at_pixels(cells: NDArray[np.float64], height: int, width: int) -> NDArray[np.float64]:
    """Interpolate cells at the pixels that DARKNESS reads, which are not exactly at the cells' centres."""
    for axis, length in enumerate((height, width)):
        count = cells.shape[axis]
        pixels = np.floor((np.arange(count) + 0.5) * length / count) + 0.5
        places = np.clip(pixels * count / length - 0.5, 0, count - 1)
        before = np.minimum(places.astype(int), count - 2)
        share = np.expand_dims(places - before, 1 - axis)
        cells = (1 - share) * cells.take(before, axis) + share * cells.take(before + 1, axis)
    return cells


def activation_map(page: Page, index: int) -> list[list[float]]:
    """Show the activation map of one of two photos; return its opacity, by rows of cells."""
    page.get_by_role("button", name=f"Photo {index + 1} of 2").click()
    expect(page.locator("#activation-map")).to_be_hidden()
    page.get_by_role("button", name="Why?").click()
    dark: list[list[float]] = page.evaluate(
        DARKNESS, [page.locator("#activation-map").element_handle(), 7, 7]
    )
    return dark


@pytest.mark.parametrize("width", [1280, 390])
def test_the_activation_map_fits_the_photo_cell_by_cell(
    open_page: Open, stack: RunningStack, maize: Path, width: int
) -> None:
    page = open_page(f"#key={stack.api_key}", viewport={"width": width, "height": 820})
    answers = record_answers(page)
    choose(page, wide(maize))
    page.get_by_role("button", name="Why?").click()
    canvas, photo = page.locator("#activation-map"), page.locator("#photo")
    expect(canvas).to_be_visible()
    assert canvas.evaluate(DRAWN) == pytest.approx(photo.evaluate(DRAWN), abs=1.5)

    evidence = answers[0]["evidence"]
    assert (len(evidence), len(evidence[0])) == (7, 14)
    dark = page.evaluate(DARKNESS, [canvas.element_handle(), 7, 14])
    darkest = max(max(row) for row in dark)
    assert darkest > 0.5
    size = canvas.evaluate("canvas => [canvas.height, canvas.width]")
    seen = at_pixels(np.array(evidence), *size)
    np.testing.assert_allclose(dark, darkest * (1 - seen), atol=RESOLVED)
    expect(page.locator("#caption")).to_have_text(
        f"Lit up: what spoke for {answers[0]['predictions'][0]['common_name']}"
    )


def test_a_click_on_the_photo_toggles_the_activation_map(page: Page, maize: Path) -> None:
    choose(page, maize)
    expect_maize(page)
    why = page.get_by_role("button", name="Why?")
    expect(why).to_have_attribute("aria-pressed", "false")
    page.locator("#photo-viewer").click()
    expect(why).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#activation-map")).to_be_visible()
    page.locator("#photo-viewer").click()
    expect(why).to_have_attribute("aria-pressed", "false")
    expect(page.locator("#activation-map")).to_be_hidden()


def test_each_photo_has_its_own_activation_map(page: Page, maize: Path) -> None:
    turned = Image.open(maize).convert("RGB").transpose(Image.Transpose.ROTATE_90)
    answers = record_answers(page)
    choose(page, maize, File(name="turned.png", mimeType="image/png", buffer=encoded(turned, "PNG")))
    for index in range(2):
        dark = activation_map(page, index)
        expected = answers[0]["images"][index]["evidence"]
        highest = max(max(row) for row in expected)
        assert highest == 1
        rows = [value for row in expected for value in row]
        lightest = [value for row in dark for value in row].index(min(min(row) for row in dark))
        assert rows[lightest] == pytest.approx(highest, abs=RESOLVED)
    assert answers[0]["images"][0]["evidence"] != answers[0]["images"][1]["evidence"]


def test_a_photo_that_does_not_support_the_answer_is_dark(page: Page, maize: Path) -> None:
    answers = []

    def silence(route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        answer["images"][1]["evidence"] = [[0.0] * 7] * 7
        answers.append(answer)
        route.fulfill(response=response, json=answer)

    page.route("**/v1/classifications?*", silence)
    mirrored = encoded(Image.open(maize).convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG")
    choose(page, maize, File(name="mirrored.png", mimeType="image/png", buffer=mirrored))

    dark = np.array(activation_map(page, 0))
    size = page.locator("#activation-map").evaluate("canvas => [canvas.height, canvas.width]")
    seen = at_pixels(np.array(answers[0]["images"][0]["evidence"]), *size)
    np.testing.assert_allclose(dark, dark.max() * (1 - seen), atol=0.06)
    assert min(min(row) for row in activation_map(page, 1)) > 0.5


def test_an_answer_without_an_activation_map_has_no_button(page: Page, maize: Path) -> None:
    page.route(
        "**/v1/classifications?*",
        lambda route: route.fulfill(
            response=route.fetch(url=route.request.url.replace("explain=true", "explain=false"))
        ),
    )
    choose(page, maize)
    expect_maize(page)
    expect(page.get_by_role("button", name="Why?")).to_be_hidden()


def test_advice_is_numbered_by_photo(page: Page, maize: Path) -> None:
    seedling = Image.open(maize).convert("RGB")
    blurred = encoded(seedling.filter(ImageFilter.GaussianBlur(6)), "PNG")
    dark = encoded(seedling.point(lambda value: value // 8), "PNG")
    answers = record_answers(page)
    choose(
        page,
        maize,
        File(name="blurred.png", mimeType="image/png", buffer=blurred),
        File(name="dark.png", mimeType="image/png", buffer=dark),
    )
    expect(page.locator("#answer")).to_be_visible()
    issues = [[issue["issue"] for issue in image["issues"]] for image in answers[0]["images"]]
    assert (issues[0], issues[1][:1], issues[2][:1]) == ([], ["blurred"], ["too_dark"])
    advice = [
        f"Photo {number}: {issue['advice']}"
        for number, image in enumerate(answers[0]["images"], 1)
        for issue in image["issues"]
    ]
    assert page.locator("#advice p").all_inner_texts() == advice


def test_advice_on_a_single_photo_has_no_number(page: Page, maize: Path) -> None:
    dark = encoded(Image.open(maize).convert("RGB").point(lambda value: value // 8), "PNG")
    choose(page, File(name="dark.png", mimeType="image/png", buffer=dark))
    expect(page.locator("#advice")).to_contain_text("The photo is too dark; take it in daylight")
    expect(page.get_by_role("status")).to_contain_text("The photo is too dark")
