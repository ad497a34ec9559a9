"""Rare answers and errors.

Only what the stack does not return on demand is simulated: a verdict that depends on the model's thresholds,
a stage in the URL, a network that is down, throttling.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.page.actions import CALL, choose, expect_error, expect_maize, hold
from tests.e2e.page.conftest import Open
from tests.support.running_stack import RunningStack


def answer_with_verdict(page: Page, verdict: str) -> None:
    """Change the verdict of the stack's answer."""

    def changed(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "verdict": verdict})

    page.route(CALL, changed)


def answer_with(page: Page, status: int, body: dict[str, Any]) -> None:
    page.route(CALL, lambda route: route.fulfill(status=status, body=json.dumps(body)), times=1)


def test_an_uncertain_answer_lists_its_candidates(page: Page, maize: Path) -> None:
    answer_with_verdict(page, "uncertain")
    choose(page, maize)
    expect(page.get_by_role("heading", name="It could be one of these")).to_be_visible()
    rows = page.get_by_role("listitem").filter(visible=True)
    expect(rows.first).to_contain_text("Maize")
    page.get_by_text("each under 1%").click()
    expect(rows).to_have_count(5)
    expect(page.locator("#confidence-line")).to_be_hidden()
    expect(page.get_by_role("status")).to_contain_text("It could be one of these: Maize")


def test_an_answer_that_is_not_recognised_names_no_species(page: Page, maize: Path) -> None:
    answer_with_verdict(page, "not_recognised")
    choose(page, maize)
    expect(page.get_by_role("heading", name="Not a plant that Frond knows")).to_be_visible()
    names = page.get_by_text("Maize").filter(visible=True)
    expect(names).to_have_count(0)
    page.get_by_text("What came closest").click()
    expect(names).to_have_count(1)


def test_a_photo_chosen_offline_can_be_retried(page: Page, maize: Path) -> None:
    page.context.set_offline(True)
    choose(page, maize)
    expect_error(page, "You are offline", "then try again")
    expect(page.get_by_role("img", name="Your photo, zea-mays.jpg")).to_be_visible()
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    expect_maize(page)


def test_an_unreachable_stack_differs_from_being_offline(page: Page, maize: Path) -> None:
    page.route(CALL, lambda route: route.abort("connectionrefused"))
    choose(page, maize)
    expect_error(page, "Frond cannot be reached", "Check your connection")


def test_a_request_times_out_after_half_a_minute(open_page: Open, stack: RunningStack, maize: Path) -> None:
    page = open_page()
    page.clock.install()
    page.goto(f"{stack.api_url}/?slow#key={stack.api_key}")
    held = hold(page)
    with page.expect_request(CALL):
        choose(page, maize)
    page.clock.run_for(5_000)
    expect(page.get_by_text("Still on it")).to_be_visible()
    page.clock.run_for(26_000)
    expect_error(page, "No answer came in time", "Try again in a moment")
    assert len(held) == 1


@pytest.mark.parametrize(
    ("status", "body", "title", "advice"),
    [
        (
            429,
            {"type": "urn:frond:problem:throttled", "status": 429},
            "Too many photos at once",
            "Wait a minute",
        ),
        (429, {"message": "Too Many Requests"}, "Too many photos at once", "Wait a minute"),
        (413, {"message": "Request Too Long"}, "The photo is too large to send", "smaller JPEG"),
        (504, {"message": "Endpoint request timed out"}, "No answer came in time", "Try again in a moment"),
        (502, {"message": "Internal server error"}, "Something broke on our side", "Try again in a moment"),
        (
            422,
            {
                "type": "urn:frond:problem:too-blue",
                "title": "The photo is too blue",
                "detail": "Send a green one.",
            },
            "The photo is too blue",
            "Send a green one.",
        ),
        (200, {"portal": "Welcome to the hotel"}, "Something broke on our side", "Try again in a moment"),
    ],
    ids=["throttled", "gateway 429", "gateway 413", "gateway 504", "gateway 502", "new problem", "not Frond"],
)
def test_every_error_is_explained_and_the_next_photo_is_classified(
    page: Page, maize: Path, status: int, body: dict[str, Any], title: str, advice: str
) -> None:
    answer_with(page, status, body)
    choose(page, maize)
    expect_error(page, title, advice)
    choose(page, maize)
    expect_maize(page)


@pytest.mark.parametrize("path", ["prod", "prod/"])
def test_calls_use_the_stage_of_the_page(
    open_page: Open, stack: RunningStack, maize: Path, path: str
) -> None:
    page = open_page()

    def without_stage(route: Route) -> None:
        route.fulfill(
            response=route.fetch(url=route.request.url.replace("/prod/", "/").replace("/prod", "/"))
        )

    page.route("**/prod**", without_stage)
    page.route("**/prod/**", without_stage)
    page.goto(f"{stack.api_url}/{path}#key={stack.api_key}")
    with page.expect_request("**/prod/v1/classifications?top=5*"):
        choose(page, maize)
    expect_maize(page)
    expect(page.get_by_role("link", name="API documentation")).to_have_attribute(
        "href", f"{stack.api_url}/prod/docs"
    )
    for kind, name in (("manifest", "manifest.webmanifest"), ("icon", "icon.svg")):
        link = page.locator(f"link[rel={kind}]")
        expect(link).to_have_attribute("href", f"{stack.api_url}/prod/static/{name}")
