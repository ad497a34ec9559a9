"""What the plant really was: said on the page, kept with the record."""

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import Stack
from tests.e2e.page.gestures import CALL, choose, expect_maize

FEEDBACK = "**/feedback"


@pytest.fixture
def asked(page: Page, maize: Path) -> Page:
    """The page with an answer."""
    choose(page, maize)
    expect_maize(page)
    return page


def kept(page: Page, stack: Stack) -> Any:
    """Return the feedback that the stack keeps with the page's answer."""
    return classification(stack, page.evaluate("plant.answer.id"))["feedback"]


def classification(stack: Stack, identifier: str) -> Any:
    request = Request(
        f"{stack.api_url}/v1/classifications/{identifier}", headers={"x-api-key": stack.api_key}
    )
    with urlopen(request) as response:
        return json.load(response)


def thanks(page: Page, said: str) -> None:
    expect(page.locator("#thanks-words")).to_have_text(f"Thank you. You said: {said}.")
    expect(page.get_by_role("status")).to_contain_text("Thank you")
    expect(page.locator("#feedback")).to_be_hidden()


def test_yes_is_kept_with_the_record_and_without_consent(asked: Page, stack: Stack) -> None:
    asked.get_by_role("button", name="Yes").click()
    expect(asked.get_by_label("My photo may be used")).not_to_be_checked()
    asked.get_by_role("button", name="Send", exact=True).click()
    thanks(asked, "Maize")
    assert kept(asked, stack) == {"species": "zea-mays", "comment": None, "consent": False}


def test_no_names_the_right_species_and_can_be_changed(asked: Page, stack: Stack) -> None:
    asked.get_by_role("button", name="No", exact=True).click()
    plants = asked.get_by_label("Which plant is it?")
    expect(plants).to_be_focused()
    expect(plants.locator("option")).to_have_count(12 + 3)
    plants.select_option(label="Charlock")
    asked.get_by_label("Anything to add?").fill(" It has four leaves. ")
    asked.get_by_label("My photo may be used").check()
    asked.get_by_role("button", name="Send", exact=True).click()
    thanks(asked, "Charlock")
    said = {"species": "sinapis-arvensis", "comment": "It has four leaves.", "consent": True}
    assert kept(asked, stack) == said

    asked.get_by_role("button", name="Change").click()
    asked.get_by_role("button", name="No", exact=True).click()
    expect(asked.get_by_label("Anything to add?")).to_have_value("It has four leaves.")
    expect(asked.get_by_label("My photo may be used")).to_be_checked()
    plants.select_option(label="Another plant")
    asked.get_by_label("Its scientific name").fill("Taraxacum × officinale L.")
    asked.get_by_label("My photo may be used").uncheck()
    asked.get_by_role("button", name="Send", exact=True).click()
    thanks(asked, "Taraxacum officinale l")
    assert kept(asked, stack) == {**said, "species": "taraxacum-officinale-l", "consent": False}


def test_a_photo_that_may_be_used_is_kept_until_that_is_taken_back(asked: Page, stack: Stack) -> None:
    def contributed() -> list[Any]:
        identifiers = asked.evaluate("plant.answer.contributed")
        answers = (classification(stack, identifier) for identifier in identifiers)
        return [(each["source"]["door"], each["feedback"]["consent"]) for each in answers]

    asked.get_by_role("button", name="Yes").click()
    asked.get_by_label("My photo may be used").check()
    asked.get_by_role("button", name="Send", exact=True).click()
    thanks(asked, "Maize")
    assert contributed() == [("s3", True)]
    (identifier,) = asked.evaluate("plant.answer.contributed")

    asked.get_by_role("button", name="Change").click()
    asked.get_by_role("button", name="Yes").click()
    asked.get_by_label("My photo may be used").uncheck()
    asked.get_by_role("button", name="Send", exact=True).click()
    thanks(asked, "Maize")
    assert contributed() == []
    with pytest.raises(HTTPError, match="404"):
        classification(stack, identifier)


def test_a_photo_without_a_plant_is_no_species(asked: Page, stack: Stack) -> None:
    asked.get_by_role("button", name="No", exact=True).click()
    asked.get_by_label("Which plant is it?").select_option(label="There is no plant in it")
    asked.get_by_role("button", name="Send", exact=True).click()
    thanks(asked, "There is no plant in it")
    assert kept(asked, stack) == {"species": None, "comment": None, "consent": False}


@pytest.mark.parametrize("name", ["", "кукуруза", "…"])
def test_what_names_no_plant_is_not_sent(asked: Page, name: str) -> None:
    sent: list[Any] = []
    asked.on("request", lambda request: sent.append(request) if request.method == "PUT" else None)
    asked.get_by_role("button", name="No", exact=True).click()
    asked.get_by_role("button", name="Send", exact=True).click()
    asked.get_by_label("Which plant is it?").select_option(label="Another plant")
    asked.get_by_label("Its scientific name").fill(name)
    asked.get_by_role("button", name="Send", exact=True).click()
    expect(asked.get_by_label("Its scientific name")).to_be_focused()
    assert asked.evaluate("document.querySelector('#feedback').matches(':invalid')")
    assert not sent


def test_who_does_not_get_a_name_may_give_one(page: Page, stack: Stack, maize: Path) -> None:
    def uncertain(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, json={**response.json(), "verdict": "uncertain"})

    page.route(CALL, uncertain)
    choose(page, maize)
    expect(page.get_by_text("Do you know which plant it is?")).to_be_visible()
    expect(page.get_by_role("button", name="Yes")).to_be_hidden()
    page.get_by_role("button", name="Tell Frond").click()
    page.get_by_label("Which plant is it?").select_option(label="Maize")
    page.get_by_role("button", name="Send", exact=True).click()
    thanks(page, "Maize")
    assert kept(page, stack)["species"] == "zea-mays"


def test_what_goes_wrong_is_said_and_nothing_is_lost(asked: Page, stack: Stack) -> None:
    asked.get_by_role("button", name="Yes").click()
    asked.get_by_label("Anything to add?").fill("In a pot")
    asked.context.set_offline(True)
    asked.get_by_role("button", name="Send", exact=True).click()
    expect(asked.get_by_role("alert")).to_contain_text("You are offline")
    asked.context.set_offline(False)
    asked.get_by_role("button", name="Send", exact=True).click()
    thanks(asked, "Maize")
    assert kept(asked, stack)["comment"] == "In a pot"


def test_an_answer_that_is_no_longer_kept_takes_no_feedback(asked: Page) -> None:
    problem = {"type": "urn:frond:problem:unknown-classification", "status": 404, "title": "", "detail": ""}
    asked.route(FEEDBACK, lambda route: route.fulfill(status=404, json=problem))
    asked.get_by_role("button", name="Yes").click()
    asked.get_by_role("button", name="Send", exact=True).click()
    expect(asked.get_by_role("alert")).to_contain_text("This answer is no longer kept")


def test_what_was_said_is_still_there_in_the_history(asked: Page) -> None:
    asked.get_by_role("button", name="Yes").click()
    asked.get_by_role("button", name="Send", exact=True).click()
    thanks(asked, "Maize")
    asked.reload()
    asked.get_by_role("button", name="History").click()
    asked.get_by_role("button", name="Open Maize").click()
    expect(asked.locator("#thanks-words")).to_have_text("Thank you. You said: Maize.")
