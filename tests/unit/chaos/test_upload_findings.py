"""The chaos finds each kind of upload that did not end exactly once."""

from dataclasses import replace
from typing import Any

import pytest

from frond.s3_upload import identifier_of
from tests.chaos.chaos_plan import ERASED, ChaosPlan
from tests.chaos.upload_findings import StackContents, UploadFindings, compare

KEY = "uploads/a.jpg"
ID = identifier_of(KEY)
PICTURES = {"1/picture.png", "1/thumbnail.jpg"}
RECORD: dict[str, Any] = {"id": ID, "status": "succeeded", "error": None}
FAILED: dict[str, Any] = {
    "id": ID,
    "status": "failed",
    "error": {"type": "urn:frond:problem:unsupported-format"},
}
GOOD = StackContents({ID: [RECORD]}, {ID: RECORD}, {ID: PICTURES}, {KEY})
NOTHING = StackContents({}, {}, {}, set())


def found(
    contents: StackContents, kind: str = "photo", events: list[dict[str, Any]] | None = None
) -> UploadFindings:
    return compare({KEY: kind}, contents, {ID: [RECORD] if events is None else events})


def test_an_upload_that_ended_once_is_no_finding() -> None:
    assert found(GOOD) == UploadFindings()
    assert found(GOOD, events=[RECORD, RECORD]) == UploadFindings()  # events come at least once


@pytest.mark.parametrize(
    ("contents", "events", "reason"),
    [
        (NOTHING, [], "no record"),
        (replace(GOOD, records={ID: [RECORD | {"status": "running"}]}), [RECORD], "is running"),
        (replace(GOOD, results={}), [RECORD], "its result is None"),
        (GOOD, [], "no event"),
        (replace(GOOD, pictures={ID: {"1/thumbnail.jpg"}}), [RECORD], "succeeded with"),
        (StackContents({ID: [FAILED]}, {ID: FAILED}, {}, {KEY}), [FAILED], "ended as unsupported-format"),
    ],
)
def test_a_lost_upload_is_found(contents: StackContents, events: list[dict[str, Any]], reason: str) -> None:
    assert any(reason in each for each in found(contents, events=events).lost)


def test_a_doubled_upload_is_found() -> None:
    assert found(replace(GOOD, records={ID: [RECORD, RECORD]})).doubled == [f"{KEY}: 2 records"]
    assert found(GOOD, events=[RECORD, FAILED]).doubled == [f"{KEY}: 2 different events"]
    assert found(GOOD, "overwritten", [FAILED, RECORD]) == UploadFindings()  # one for each version


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ({"records": {ID: [RECORD]}}, "record"),
        ({"results": {ID: RECORD}}, "result"),
        ({"pictures": {ID: PICTURES}}, "pictures"),
        ({"originals": {KEY}}, "original"),
    ],
)
def test_a_resurrected_upload_is_found(part: dict[str, Any], name: str) -> None:
    assert found(replace(NOTHING, **part), "erased").resurrected == [f"{KEY}: {name}"]
    assert found(NOTHING, "erased") == UploadFindings()


def test_pictures_of_a_failed_upload_are_found() -> None:
    contents = StackContents({ID: [FAILED]}, {ID: FAILED}, {ID: PICTURES}, {KEY})
    assert len(found(contents, "text", [FAILED]).left_over) == 1


def test_the_same_seed_plans_the_same_uploads() -> None:
    plan = ChaosPlan(seed=1, uploads=500)
    assert plan.kinds() == plan.kinds()
    assert set(plan.kinds().values()) > ERASED
    assert not ERASED & set(ChaosPlan(1, 500, erasures=False).kinds().values())
    assert plan.kills == 25
