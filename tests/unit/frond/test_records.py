"""Records go forwards only, whatever comes twice, late or at the same time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from frond.repository import BadCursorError, ClassificationRepository, ExpectedUpload, Record
from frond.uploads import Upload, identifier_of, sequencer
from tests.support.tables import make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime.now(UTC)
OUTCOME = {"verdict": "identified"}


@pytest.fixture
def dynamodb() -> Iterator["DynamoDBClient"]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        make_table(client, "records")
        yield client


@pytest.fixture
def records(dynamodb: "DynamoDBClient") -> ClassificationRepository:
    return ClassificationRepository(dynamodb, "records", days=30)


def upload(key: str = "a.jpg", step: int = 0) -> Upload:
    at = NOW + timedelta(seconds=step)
    return Upload("uploads", key, None, sequencer(None, at), at)


def over_http(step: int = 0) -> Record:
    return Record(str(uuid4()), "succeeded", "http", None, NOW + timedelta(seconds=step), outcome=OUTCOME)


def test_a_photo_runs_and_then_is_finished(records: ClassificationRepository) -> None:
    photo = upload()
    began = records.begin(photo)
    assert began is not None
    assert (began.status, began.finished) == ("running", False)

    finished = records.finish(photo, "succeeded", OUTCOME)

    assert finished == records.get(photo.identifier)
    assert finished is not None
    assert (finished.status, finished.outcome, finished.key) == ("succeeded", OUTCOME, "a.jpg")
    assert finished.created_at == photo.created_at


def test_what_is_finished_stays_as_it_is(records: ClassificationRepository) -> None:
    photo = upload()
    records.finish(photo, "succeeded", OUTCOME)

    assert records.begin(photo) is None
    assert records.finish(photo, "failed", {"error": {}}) is None
    records.note(photo.identifier, photo.sequencer, {"detail": "late"})

    found = records.get(photo.identifier)
    assert found is not None
    assert (found.status, found.outcome, found.trouble) == ("succeeded", OUTCOME, None)


@pytest.mark.parametrize("first_finished", [True, False])
def test_a_newer_photo_takes_the_place_of_an_older_one_and_never_the_other_way(
    records: ClassificationRepository, *, first_finished: bool
) -> None:
    older, newer = upload(step=0), upload(step=1)
    records.begin(older)
    if first_finished:
        records.finish(older, "succeeded", OUTCOME)
        records.correct(older.identifier, {"species": "zea-mays", "comment": None})

    began = records.begin(newer)
    assert began is not None
    assert (began.outcome, began.feedback) == ({}, None)
    assert records.begin(older) is None
    assert records.finish(older, "failed", {}) is None
    assert records.finish(newer, "succeeded", OUTCOME) is not None


def test_a_promise_becomes_the_record_of_what_comes(records: ClassificationRepository) -> None:
    photo = upload()
    records.promise(photo.identifier, photo.key, ExpectedUpload("image/jpeg", 12))
    waiting = records.get(photo.identifier)
    assert waiting is not None
    assert waiting.status == "queued"

    began = records.begin(photo)
    assert began is not None
    assert began.promise == ExpectedUpload("image/jpeg", 12)


def test_trouble_is_kept_until_the_end(records: ClassificationRepository) -> None:
    photo = upload()
    records.begin(photo)
    records.note(photo.identifier, photo.sequencer, {"detail": "no network"})
    troubled = records.get(photo.identifier)
    assert troubled is not None
    assert troubled.trouble == {"detail": "no network"}

    finished = records.finish(photo, "succeeded", OUTCOME)
    assert finished is not None
    assert finished.trouble is None


def test_what_was_deleted_does_not_come_back_with_what_is_under_way(
    records: ClassificationRepository,
) -> None:
    photo = upload(step=-1)
    records.begin(photo)

    assert records.delete(photo.identifier) == "a.jpg"

    assert records.get(photo.identifier) is None
    assert records.deleted(photo.identifier)
    assert records.begin(photo) is None
    assert records.finish(photo, "succeeded", OUTCOME) is None
    assert records.correct(photo.identifier, {"species": None}) is None
    assert records.newest(10).records == []


def test_a_deletion_asked_for_again_still_knows_the_key(records: ClassificationRepository) -> None:
    photo = upload(step=-1)
    records.begin(photo)
    records.delete(photo.identifier)

    assert records.delete(photo.identifier) == "a.jpg"


def test_a_photo_uploaded_after_the_deletion_is_a_new_one(records: ClassificationRepository) -> None:
    records.begin(upload(step=-1))
    records.delete(identifier_of("a.jpg"))

    assert records.begin(upload(step=3600)) is not None
    assert [each.key for each in records.newest(10).records] == ["a.jpg"]


def test_pages_hold_everything_once_the_newest_first(records: ClassificationRepository) -> None:
    made = [over_http(step) for step in range(7)]
    for record in made[::2] + made[1::2]:
        records.add(record)

    seen: list[Record] = []
    cursor, pages = None, 0
    while cursor or not pages:
        page = records.newest(3, cursor)
        seen, cursor, pages = seen + page.records, page.cursor, pages + 1

    assert seen == made[::-1]
    assert pages in (3, 4)


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "WzEsIDJd", "e30", "ñ"])
def test_a_cursor_that_no_page_gave_is_refused(records: ClassificationRepository, cursor: str) -> None:
    with pytest.raises(BadCursorError):
        records.newest(3, cursor)


def test_what_has_expired_is_gone_before_dynamodb_removes_it(dynamodb: "DynamoDBClient") -> None:
    past = ClassificationRepository(dynamodb, "records", days=-1)
    past.add(record := over_http())

    assert past.get(record.identifier) is None
    assert past.newest(10).records == []


def test_a_correction_takes_the_place_of_an_earlier_one(records: ClassificationRepository) -> None:
    records.add(record := over_http())
    for species in ("zea-mays", None):
        corrected = records.correct(record.identifier, {"species": species})
        assert corrected is not None
        assert corrected.feedback == {"species": species}
    assert records.correct(str(uuid4()), {"species": None}) is None


def test_corrections_are_those_that_stand(
    dynamodb: "DynamoDBClient", records: ClassificationRepository
) -> None:
    told = {"species": "zea-mays", "consent": True}
    kept = [over_http() for _ in range(3)]
    gone, expired, untold = over_http(), over_http(), over_http()
    for record in [*kept, gone, untold]:
        records.add(record)
    ClassificationRepository(dynamodb, "records", days=-1).add(expired)
    for record in [*kept, gone, expired]:
        records.correct(record.identifier, told)
    records.delete(gone.identifier)

    found = list(records.corrections())

    assert {record.identifier for record in found} == {record.identifier for record in kept}
    assert all(record.feedback == told for record in found)
    assert all(record.outcome == OUTCOME for record in found)


def test_corrections_come_from_every_page_of_the_table(records: ClassificationRepository) -> None:
    # A page of DynamoDB's ends after 1 MB, whatever passes the filter.
    for step in range(5):
        record = Record(str(uuid4()), "succeeded", "http", None, NOW, outcome={"long": "x" * 390_000})
        records.add(record)
        if step in {0, 4}:
            records.correct(record.identifier, {"species": None})

    assert len(list(records.corrections())) == 2
