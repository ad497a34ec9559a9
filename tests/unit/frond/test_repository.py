"""Records only move forwards, also when messages arrive twice, late or at the same time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from frond.record_index import BadCursorError
from frond.records import ExpectedUpload, Record
from frond.repository import ClassificationRepository, DeletionOvertakenError
from frond.s3_upload import Upload, identifier_of, sequencer
from tests.support.dynamodb_table import make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime.now(UTC)
RESULT = {"verdict": "identified"}


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


def http_record(step: int = 0) -> Record:
    return Record(str(uuid4()), "succeeded", "http", None, NOW + timedelta(seconds=step), result=RESULT)


def test_an_upload_is_running_and_then_finished(records: ClassificationRepository) -> None:
    photo = upload()
    running = records.mark_running(photo)
    assert running is not None
    assert (running.status, running.finished) == ("running", False)

    finished = records.mark_finished(photo, "succeeded", RESULT)

    assert finished == records.get(photo.identifier)
    assert finished is not None
    assert (finished.status, finished.result, finished.key) == ("succeeded", RESULT, "a.jpg")
    assert finished.created_at == photo.created_at


def test_a_finished_record_does_not_change(records: ClassificationRepository) -> None:
    photo = upload()
    records.mark_finished(photo, "succeeded", RESULT)

    assert records.mark_running(photo) is None
    assert records.mark_finished(photo, "failed", {"error": {}}) is None
    records.record_error(photo.identifier, photo.sequencer, {"detail": "late"})

    found = records.get(photo.identifier)
    assert found is not None
    assert (found.status, found.result, found.last_error) == ("succeeded", RESULT, None)


@pytest.mark.parametrize("first_finished", [True, False])
def test_a_newer_upload_replaces_an_older_one_and_never_the_other_way(
    records: ClassificationRepository, *, first_finished: bool
) -> None:
    older, newer = upload(step=0), upload(step=1)
    records.mark_running(older)
    if first_finished:
        records.mark_finished(older, "succeeded", RESULT)
        records.set_feedback(older.identifier, {"species": "zea-mays", "comment": None})

    running = records.mark_running(newer)
    assert running is not None
    assert (running.result, running.feedback) == ({}, None)
    assert records.mark_running(older) is None
    assert records.mark_finished(older, "failed", {}) is None
    assert records.mark_finished(newer, "succeeded", RESULT) is not None


def test_an_expected_upload_becomes_the_record_of_the_upload(records: ClassificationRepository) -> None:
    photo = upload()
    records.expect_upload(photo.identifier, photo.key, ExpectedUpload("image/jpeg", 12))
    waiting = records.get(photo.identifier)
    assert waiting is not None
    assert waiting.status == "queued"

    running = records.mark_running(photo)
    assert running is not None
    assert running.expected_upload == ExpectedUpload("image/jpeg", 12)


def test_the_last_error_is_stored_until_the_record_is_finished(records: ClassificationRepository) -> None:
    photo = upload()
    records.mark_running(photo)
    records.record_error(photo.identifier, photo.sequencer, {"detail": "no network"})
    failing = records.get(photo.identifier)
    assert failing is not None
    assert failing.last_error == {"detail": "no network"}

    finished = records.mark_finished(photo, "succeeded", RESULT)
    assert finished is not None
    assert finished.last_error is None


def test_a_queued_message_does_not_bring_a_deleted_record_back(
    records: ClassificationRepository,
) -> None:
    photo = upload(step=-1)
    records.mark_running(photo)

    assert records.delete(photo.identifier) == "a.jpg"

    assert records.get(photo.identifier) is None
    assert records.is_deleted(photo.identifier)
    assert records.mark_running(photo) is None
    assert records.mark_finished(photo, "succeeded", RESULT) is None
    assert records.set_feedback(photo.identifier, {"species": None}) is None
    assert records.newest(10).records == []


def test_a_second_deletion_returns_the_key_again(records: ClassificationRepository) -> None:
    photo = upload(step=-1)
    records.mark_running(photo)
    records.delete(photo.identifier)

    assert records.delete(photo.identifier) == "a.jpg"


def test_an_upload_after_the_deletion_has_a_new_record(records: ClassificationRepository) -> None:
    records.mark_running(upload(step=-1))
    records.delete(identifier_of("a.jpg"))

    assert records.mark_running(upload(step=3600)) is not None
    assert [each.key for each in records.newest(10).records] == ["a.jpg"]


def versioned(version: str, digits: str = "0055AED6DCD90281E5") -> Upload:
    """Return an upload with a sequencer of S3's form, whose end no clock decides."""
    return Upload("uploads", "a.jpg", version, sequencer(digits, NOW), NOW)


def test_a_deleted_version_stays_deleted_however_new_its_sequencer_is(
    records: ClassificationRepository,
) -> None:
    first, unprocessed = versioned("v1"), versioned("v2", "00FFFFFFFFFFFFFFFF")
    records.mark_running(first)

    records.delete(first.identifier, lambda _: ["v2", "v1"])

    for upload in (first, unprocessed):
        assert records.mark_running(upload) is None
        assert records.mark_finished(upload, "succeeded", RESULT) is None
    assert records.is_deleted(first.identifier)


def test_a_version_uploaded_after_the_deletion_is_a_new_photo(records: ClassificationRepository) -> None:
    records.mark_running(versioned("v1"))
    records.delete(identifier_of("a.jpg"), lambda _: ["v1"])

    # Of the same second as the deleted one.
    assert records.mark_running(versioned("v2", "0055AED6DCD90281E6")) is not None


def test_a_deletion_starts_again_if_another_upload_takes_the_record_over(
    records: ClassificationRepository,
) -> None:
    listings = []

    def list_versions(key: str | None) -> list[str]:
        listings.append(key)
        if len(listings) == 1:
            records.mark_running(versioned("v2", "0055AED6DCD90281FF"))
            return ["v1"]
        return ["v2", "v1"]

    records.mark_running(versioned("v1"))
    assert records.delete(identifier_of("a.jpg"), list_versions) == "a.jpg"

    assert listings == ["a.jpg", "a.jpg"]
    assert records.mark_finished(versioned("v2", "0055AED6DCD90281FF"), "succeeded", RESULT) is None


def test_a_deletion_that_is_overtaken_every_time_ends(records: ClassificationRepository) -> None:
    taken = iter(range(100))

    def list_versions(_: str | None) -> list[str]:
        records.mark_running(versioned("v", f"0055AED6DCD90281{next(taken) + 1:02X}"))
        return []

    with pytest.raises(DeletionOvertakenError):
        records.delete(identifier_of("a.jpg"), list_versions)
    assert not records.is_deleted(identifier_of("a.jpg"))


def test_pages_hold_every_record_once_the_newest_first(records: ClassificationRepository) -> None:
    made = [http_record(step) for step in range(7)]
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
def test_an_unknown_cursor_is_rejected(records: ClassificationRepository, cursor: str) -> None:
    with pytest.raises(BadCursorError):
        records.newest(3, cursor)


def test_an_expired_record_is_gone_before_dynamodb_removes_it(dynamodb: "DynamoDBClient") -> None:
    past = ClassificationRepository(dynamodb, "records", days=-1)
    past.add(record := http_record())

    assert past.get(record.identifier) is None
    assert past.newest(10).records == []


def test_feedback_replaces_earlier_feedback(records: ClassificationRepository) -> None:
    records.add(record := http_record())
    for species in ("zea-mays", None):
        corrected = records.set_feedback(record.identifier, {"species": species})
        assert corrected is not None
        assert corrected.feedback == {"species": species}
    assert records.set_feedback(str(uuid4()), {"species": None}) is None


def test_the_scan_yields_active_records_with_feedback(
    dynamodb: "DynamoDBClient", records: ClassificationRepository
) -> None:
    feedback = {"species": "zea-mays", "consent": True}
    active = [http_record() for _ in range(3)]
    deleted, expired, without = http_record(), http_record(), http_record()
    for record in [*active, deleted, without]:
        records.add(record)
    ClassificationRepository(dynamodb, "records", days=-1).add(expired)
    for record in [*active, deleted, expired]:
        records.set_feedback(record.identifier, feedback)
    records.delete(deleted.identifier)

    found = list(records.scan_feedback())

    assert {record.identifier for record in found} == {record.identifier for record in active}
    assert all(record.feedback == feedback for record in found)
    assert all(record.result == RESULT for record in found)


def test_the_scan_reads_every_page_of_the_table(records: ClassificationRepository) -> None:
    # DynamoDB ends a page after 1 MB of items, before the filter.
    for step in range(5):
        record = Record(str(uuid4()), "succeeded", "http", None, NOW, result={"long": "x" * 390_000})
        records.add(record)
        if step in {0, 4}:
            records.set_feedback(record.identifier, {"species": None})

    assert len(list(records.scan_feedback())) == 2
