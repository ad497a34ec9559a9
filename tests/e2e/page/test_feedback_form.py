"""Feedback: the right species, entered on the page and stored with the classification."""

import json
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.e2e.page.actions import CALL, choose, expect_maize, record_answers
from tests.support.running_stack import RunningStack

FEEDBACK = "**/feedback"


@pytest.fixture
def answers(page: Page) -> list[dict[str, Any]]:
    return record_answers(page)


@pytest.fixture
def answered(page: Page, answers: list[dict[str, Any]], maize: Path) -> Page:
    """The page with an answer."""
    choose(page, maize)
    expect_maize(page)
    assert len(answers) == 1
    return page


def stored(stack: RunningStack, answers: list[dict[str, Any]]) -> Any:
    """Return the feedback that the API has stored with the answer."""
    return classification(stack, answers[0]["id"])["feedback"]


def classification(stack: RunningStack, identifier: str) -> Any:
    request = Request(
        f"{stack.api_url}/v1/classifications/{identifier}", headers={"x-api-key": stack.api_key}
    )
    with urlopen(request) as response:
        return json.load(response)


def expect_thanks(page: Page, name: str) -> None:
    expect(page.locator("#thanks-text")).to_have_text(f"Thank you. You said: {name}.")
    expect(page.get_by_role("status")).to_contain_text("Thank you")
    expect(page.locator("#feedback")).to_be_hidden()


def test_yes_is_stored_with_the_classification_and_without_consent(
    answered: Page, stack: RunningStack, answers: list[dict[str, Any]]
) -> None:
    answered.get_by_role("button", name="Yes").click()
    expect(answered.get_by_label("My photo may be used")).not_to_be_checked()
    answered.get_by_role("button", name="Send", exact=True).click()
    expect_thanks(answered, "Maize")
    assert stored(stack, answers) == {"species": "zea-mays", "comment": None, "consent": False}


def test_a_correction_is_stored_and_can_be_changed(
    answered: Page, stack: RunningStack, answers: list[dict[str, Any]]
) -> None:
    answered.get_by_role("button", name="No", exact=True).click()
    plants = answered.get_by_label("Which plant is it?")
    expect(plants).to_be_focused()
    expect(plants.locator("option")).to_have_count(12 + 3)
    plants.select_option(label="Charlock")
    answered.get_by_label("Anything to add?").fill(" It has four leaves. ")
    answered.get_by_label("My photo may be used").check()
    answered.get_by_role("button", name="Send", exact=True).click()
    expect_thanks(answered, "Charlock")
    feedback = {"species": "sinapis-arvensis", "comment": "It has four leaves.", "consent": True}
    assert stored(stack, answers) == feedback

    answered.get_by_role("button", name="Change").click()
    answered.get_by_role("button", name="No", exact=True).click()
    expect(answered.get_by_label("Anything to add?")).to_have_value("It has four leaves.")
    expect(answered.get_by_label("My photo may be used")).to_be_checked()
    plants.select_option(label="Another plant")
    answered.get_by_label("Its scientific name").fill("Taraxacum × officinale L.")
    answered.get_by_label("My photo may be used").uncheck()
    answered.get_by_role("button", name="Send", exact=True).click()
    expect_thanks(answered, "Taraxacum officinale l")
    assert stored(stack, answers) == {**feedback, "species": "taraxacum-officinale-l", "consent": False}


def test_with_consent_the_photo_is_donated_until_the_consent_is_withdrawn(
    answered: Page, stack: RunningStack
) -> None:
    uploads: list[Response] = []
    answered.on(
        "response", lambda reply: uploads.append(reply) if reply.url.endswith("/v1/uploads") else None
    )

    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    answered.route("**/feedback", hold, times=1)
    answered.get_by_role("button", name="Yes").click()
    answered.get_by_label("My photo may be used").check()
    answered.get_by_role("button", name="Send", exact=True).click()
    expect(answered.locator("#feedback-progress")).not_to_be_empty()
    expect(answered.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    held[0].continue_()
    expect_thanks(answered, "Maize")
    (upload,) = uploads
    donated = classification(stack, upload.json()["id"])
    assert (donated["source"]["door"], donated["feedback"]["consent"]) == ("s3", True)

    answered.get_by_role("button", name="Change").click()
    answered.get_by_role("button", name="Yes").click()
    answered.get_by_label("My photo may be used").uncheck()
    answered.get_by_role("button", name="Send", exact=True).click()
    expect_thanks(answered, "Maize")
    assert len(uploads) == 1
    with pytest.raises(HTTPError, match="404"):
        classification(stack, donated["id"])


def test_a_photo_without_a_plant_has_no_species(
    answered: Page, stack: RunningStack, answers: list[dict[str, Any]]
) -> None:
    answered.get_by_role("button", name="No", exact=True).click()
    answered.get_by_label("Which plant is it?").select_option(label="There is no plant in it")
    answered.get_by_role("button", name="Send", exact=True).click()
    expect_thanks(answered, "There is no plant in it")
    assert stored(stack, answers) == {"species": None, "comment": None, "consent": False}


@pytest.mark.parametrize("name", ["", "кукуруза", "…"])
def test_an_invalid_species_name_is_not_sent(answered: Page, name: str) -> None:
    sent: list[Any] = []
    answered.on("request", lambda request: sent.append(request) if request.method == "PUT" else None)
    answered.get_by_role("button", name="No", exact=True).click()
    answered.get_by_role("button", name="Send", exact=True).click()
    answered.get_by_label("Which plant is it?").select_option(label="Another plant")
    answered.get_by_label("Its scientific name").fill(name)
    answered.get_by_role("button", name="Send", exact=True).click()
    expect(answered.get_by_label("Its scientific name")).to_be_focused()
    assert answered.evaluate("document.querySelector('#feedback').matches(':invalid')")
    assert not sent


def test_an_uncertain_answer_invites_a_suggestion(page: Page, stack: RunningStack, maize: Path) -> None:
    answers: list[dict[str, Any]] = []

    def uncertain(route: Route) -> None:
        response = route.fetch()
        answers.append({**response.json(), "verdict": "uncertain"})
        route.fulfill(response=response, json=answers[-1])

    page.route(CALL, uncertain)
    choose(page, maize)
    expect(page.get_by_text("Do you know which plant it is?")).to_be_visible()
    expect(page.get_by_role("button", name="Yes")).to_be_hidden()
    page.get_by_role("button", name="Tell Frond").click()
    page.get_by_label("Which plant is it?").select_option(label="Maize")
    page.get_by_role("button", name="Send", exact=True).click()
    expect_thanks(page, "Maize")
    assert stored(stack, answers)["species"] == "zea-mays"


def test_an_error_is_shown_and_the_input_remains(
    answered: Page, stack: RunningStack, answers: list[dict[str, Any]]
) -> None:
    answered.get_by_role("button", name="Yes").click()
    answered.get_by_label("Anything to add?").fill("In a pot")
    answered.context.set_offline(True)
    answered.get_by_role("button", name="Send", exact=True).click()
    expect(answered.get_by_role("alert")).to_contain_text("You are offline")
    answered.context.set_offline(False)
    answered.get_by_role("button", name="Send", exact=True).click()
    expect_thanks(answered, "Maize")
    assert stored(stack, answers)["comment"] == "In a pot"


def test_feedback_on_a_deleted_classification_is_refused(answered: Page) -> None:
    problem = {"type": "urn:frond:problem:unknown-classification", "status": 404, "title": "", "detail": ""}
    answered.route(FEEDBACK, lambda route: route.fulfill(status=404, json=problem))
    answered.get_by_role("button", name="Yes").click()
    answered.get_by_role("button", name="Send", exact=True).click()
    expect(answered.get_by_role("alert")).to_contain_text("This answer is no longer kept")


def test_feedback_is_saved_in_the_history(answered: Page) -> None:
    answered.get_by_role("button", name="Yes").click()
    answered.get_by_role("button", name="Send", exact=True).click()
    expect_thanks(answered, "Maize")
    answered.reload()
    answered.get_by_role("button", name="History").click()
    answered.get_by_role("button", name="Open Maize").click()
    expect(answered.locator("#thanks-text")).to_have_text("Thank you. You said: Maize.")
