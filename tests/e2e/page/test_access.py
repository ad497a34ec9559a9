"""The API key, and access for everyone: keyboard, narrow screens, contrast, no motion."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.page.actions import choose, expect_maize
from tests.e2e.page.conftest import Open
from tests.support.running_stack import RunningStack

# The contrast ratio of every text, and whether it is large, which needs less (WCAG 2.2, 1.4.3).
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


def test_a_missing_key_is_requested_before_the_photo_is_sent(
    open_page: Open, stack: RunningStack, maize: Path
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


def test_a_refused_key_can_be_replaced(open_page: Open, stack: RunningStack, maize: Path) -> None:
    page = open_page("#key=nobody-gave-me-this-one")
    choose(page, maize)
    expect(page.get_by_role("heading", name="That key was not accepted")).to_be_visible()
    page.get_by_label("API key").fill(stack.api_key)
    page.get_by_role("button", name="Use this key").click()
    expect_maize(page)


def test_a_key_that_fits_no_header_is_refused_by_the_page(open_page: Open, maize: Path) -> None:
    page = open_page()
    choose(page, maize)
    page.get_by_label("API key").fill("ключ")
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_role("heading", name="That key was not accepted")).to_be_visible()


def test_the_key_is_removed_from_the_address_bar(page: Page, stack: RunningStack) -> None:
    assert page.url == f"{stack.api_url}/"


def test_a_keyboard_is_enough(page: Page, maize: Path) -> None:
    samples = [f"Try sample photo {number}" for number in range(1, 5)]
    for name in (samples[-1], "See them"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    for name in ("History", "Species"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("radio", name="Name one plant")).to_be_focused()
    for name in ("See them", *samples, "Choose photo"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    with page.expect_file_chooser() as dialog:
        page.keyboard.press("Enter")
    dialog.value.set_files(maize)
    expect_maize(page)
    expect(page.get_by_role("button", name="Choose photo")).to_be_focused()

    for name in ("Download", "Share", "No", "Yes"):
        step_back_to(page, page.get_by_role("button", name=name, exact=True))
    step_back_to(page, page.get_by_role("button", name="Remove photo 1"))
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Remove photo 1")).to_have_count(0)
    for name in ("API documentation", "Service health"):
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.tagName") != "A":
            page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=name)).to_be_focused()


def step_back_to(page: Page, control: Locator) -> None:
    """Press Shift and Tab until a control has the focus."""
    for _ in range(30):
        page.keyboard.press("Shift+Tab")
        if control.evaluate("control => control === document.activeElement"):
            return
    pytest.fail(f"Shift and Tab do not lead to {control}")


def test_the_narrowest_phone_needs_no_horizontal_scrolling(
    open_page: Open, stack: RunningStack, maize: Path
) -> None:
    page = open_page("", viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True)
    widths = [_overflow(page)]
    choose(page, maize)
    expect(page.get_by_label("API key")).to_be_focused()
    widths.append(_overflow(page))
    page.get_by_label("API key").fill(stack.api_key)
    page.keyboard.press("Enter")
    # The longest name of a species.
    choose(page, maize.parent / "geranium-pusillum.jpg")
    expect(page.locator("#answer")).to_be_visible()
    widths.append(_overflow(page))
    choose(page, maize.parent / "README.md")
    expect(page.locator("#error")).to_be_visible()
    widths.append(_overflow(page))
    assert widths == [0, 0, 0, 0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_has_enough_contrast(
    open_page: Open, stack: RunningStack, maize: Path, scheme: str
) -> None:
    page = open_page(f"#key={stack.api_key}", color_scheme=scheme, reduced_motion="reduce")
    texts = page.evaluate(CONTRASTS)
    choose(page, maize)
    expect_maize(page)
    texts += page.evaluate(CONTRASTS)

    assert {"Which plant is this?", "Choose photo", "Maize", "Crop"} <= {text["text"] for text in texts}
    assert [text for text in texts if text["ratio"] < (3 if text["large"] else 4.5)] == []
    ground = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (max(map(int, ground[4:-1].split(","))) < 60) is (scheme == "dark")


@pytest.mark.parametrize("width", [1280, 390])
def test_the_answer_shifts_no_layout(open_page: Open, stack: RunningStack, maize: Path, width: int) -> None:
    page = open_page(f"#key={stack.api_key}", viewport={"width": width, "height": 820})
    viewer = _place(page, "#photo-viewer")
    choose(page, maize)
    expect_maize(page)
    assert _place(page, "#photo-viewer") == viewer
    # The limit of a good score in web.dev's Core Web Vitals.
    assert page.evaluate(SHIFTS) < 0.1


def test_reduced_motion_stops_all_animations(open_page: Open, stack: RunningStack, maize: Path) -> None:
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
