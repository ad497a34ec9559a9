"""The key, and people who use the page in their own way."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Stack
from tests.e2e.page.conftest import Open
from tests.e2e.page.gestures import choose, expect_maize

# The contrast of all that is read, and whether it is large enough for the lower bar (WCAG 2.2, 1.4.3).
CONTRASTS = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const luminance = (rgb) => rgb.slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = channels(getComputedStyle(at).backgroundColor);
            if (colour.length === 3) return colour;
        }
        throw new Error("nothing is behind the text");
    };
    const owners = [...document.querySelectorAll("body *")].filter((element) =>
        element.checkVisibility({visibilityProperty: true}) && element.namespaceURI.endsWith("xhtml") &&
        [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
    return owners.map((element) => {
        const style = getComputedStyle(element);
        const pair = [luminance(channels(style.color)), luminance(ground(element))];
        const [darker, lighter] = pair.sort((a, b) => a - b);
        return {text: element.textContent.trim(), ratio: (lighter + 0.05) / (darker + 0.05),
            large: parseFloat(style.fontSize) >= 24};
    });
}"""
SHIFTS = """() => new Promise((done) => {
    let total = 0;
    new PerformanceObserver((list) => {
        for (const shift of list.getEntries()) total += shift.value;
    }).observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(total), 300);
})"""


def test_without_a_key_the_page_asks_for_it_and_then_goes_on(
    open_page: Open, stack: Stack, maize: Path
) -> None:
    page = open_page()
    choose(page, maize)
    expect(page.get_by_role("heading", name="Frond needs your key")).to_be_visible()
    expect(page.get_by_label("API key")).to_be_focused()
    page.keyboard.type(f" {stack.api_key} ")
    page.keyboard.press("Enter")
    expect_maize(page)

    page.reload()
    choose(page, maize)
    expect_maize(page)


def test_a_refused_key_is_asked_for_again(open_page: Open, stack: Stack, maize: Path) -> None:
    page = open_page("#key=nobody-gave-me-this-one")
    choose(page, maize)
    expect(page.get_by_role("heading", name="That key was not accepted")).to_be_visible()
    page.get_by_label("API key").fill(stack.api_key)
    page.get_by_role("button", name="Use this key").click()
    expect_maize(page)


def test_a_key_no_header_can_carry_is_refused_on_the_page(open_page: Open, maize: Path) -> None:
    page = open_page()
    choose(page, maize)
    page.get_by_label("API key").fill("ключ")
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("heading", name="That key was not accepted")).to_be_visible()


def test_the_key_leaves_the_address_bar(page: Page, stack: Stack) -> None:
    assert page.url == f"{stack.api_url}/"


def test_a_keyboard_is_enough(page: Page, maize: Path) -> None:
    for name in ("History", "Species", "Choose photo"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    with page.expect_file_chooser() as dialog:
        page.keyboard.press("Enter")
    dialog.value.set_files(maize)
    expect_maize(page)
    expect(page.get_by_role("button", name="Choose photo")).to_be_focused()

    for name in ("Download", "Share", "No", "Yes"):
        page.keyboard.press("Shift+Tab")
        expect(page.get_by_role("button", name=name, exact=True)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("listitem").filter(visible=True)).to_have_count(0)
    for name in ("API documentation", "Service health"):
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.tagName") != "A":
            page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=name)).to_be_focused()


def test_the_narrowest_phone_needs_no_sideways_scrolling(open_page: Open, stack: Stack, maize: Path) -> None:
    page = open_page("", viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True)
    widths = [_overflow(page)]
    choose(page, maize)
    expect(page.get_by_label("API key")).to_be_focused()
    widths.append(_overflow(page))
    page.get_by_label("API key").fill(stack.api_key)
    page.keyboard.press("Enter")
    # The longest name that the model knows.
    choose(page, maize.parent / "geranium-pusillum.jpg")
    expect(page.locator("#answer")).to_be_visible()
    widths.append(_overflow(page))
    choose(page, maize.parent / "README.md")
    expect(page.locator("#problem")).to_be_visible()
    widths.append(_overflow(page))
    assert widths == [0, 0, 0, 0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read_in_the_light_and_in_the_dark(
    open_page: Open, stack: Stack, maize: Path, scheme: str
) -> None:
    page = open_page(f"#key={stack.api_key}", color_scheme=scheme, reduced_motion="reduce")
    read = page.evaluate(CONTRASTS)
    choose(page, maize)
    expect_maize(page)
    read += page.evaluate(CONTRASTS)

    assert {"Which plant is this?", "Choose photo", "Maize", "Crop"} <= {word["text"] for word in read}
    assert [word for word in read if word["ratio"] < (3 if word["large"] else 4.5)] == []
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (max(map(int, ground[4:-1].split(","))) < 60) is (scheme == "dark")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_jumps_from_the_empty_page_to_the_answer(
    open_page: Open, stack: Stack, maize: Path, width: int
) -> None:
    page = open_page(f"#key={stack.api_key}", viewport={"width": width, "height": 820})
    plate = _place(page, "#plate")
    choose(page, maize)
    expect_maize(page)
    assert _place(page, "#plate") == plate
    # The most that web.dev's Core Web Vitals still call good.
    assert page.evaluate(SHIFTS) < 0.1


def test_motion_stops_for_those_who_asked_for_that(open_page: Open, stack: Stack, maize: Path) -> None:
    page = open_page(f"#key={stack.api_key}", reduced_motion="reduce")
    choose(page, maize)
    expect_maize(page)
    assert page.evaluate("document.getAnimations().length") == 0


def _overflow(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    root = "document.documentElement"
    return int(page.evaluate(f"{root}.scrollWidth - {root}.clientWidth"))


def _place(page: Page, selector: str) -> list[float]:
    """Return left, top, width and height on the page, however far it is scrolled."""
    place = page.locator(selector).evaluate(
        """element => {
            const {left, top, width, height} = element.getBoundingClientRect();
            return [left + scrollX, top + scrollY, width, height];
        }"""
    )
    return list(place)
