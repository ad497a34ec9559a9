"""Records belong to the key that made them: others cannot see them, and the operator sees all."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from frond.record_items import PARTITIONS, to_item
from frond.records import ExpectedUpload, Record
from frond.repository import ClassificationRepository
from frond.s3_upload import Upload, identifier_of, reserved_key, sequencer
from tests.support.dynamodb_table import make_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NOW = datetime.now(UTC)
ANA, BEN = "anakey", "benkey"


@pytest.fixture
def dynamodb() -> Iterator["DynamoDBClient"]:
    with mock_aws():
        client = boto3.client("dynamodb", region_name="us-east-1")
        make_table(client, "records")
        yield client


@pytest.fixture
def records(dynamodb: "DynamoDBClient") -> ClassificationRepository:
    return ClassificationRepository(dynamodb, "records", days=30)


def record(owner: str | None, step: int = 0) -> Record:
    at = NOW + timedelta(seconds=step)
    return Record(str(uuid4()), "succeeded", "http", None, at, result={"verdict": "identified"}, owner=owner)


def upload(key: str) -> Upload:
    return Upload("uploads", key, None, sequencer(None, NOW), NOW)


def listed(
    records: ClassificationRepository, owner: str | None, limit: int = 100, cursor: str | None = None
) -> list[str]:
    """Return the ids of every page, from a cursor on."""
    seen: list[str] = []
    while True:
        page = records.newest(limit, cursor, owner)
        assert len(page.records) <= limit
        seen += [each.identifier for each in page.records]
        if page.cursor is None:
            return seen
        cursor = page.cursor


def test_a_record_is_that_of_its_owner_and_of_the_operator(records: ClassificationRepository) -> None:
    records.add(anas := record(ANA))

    assert records.get(anas.identifier, ANA) == records.get(anas.identifier) == anas
    assert records.get(anas.identifier, BEN) is None


def test_the_operators_record_is_nobody_elses(records: ClassificationRepository) -> None:
    records.add(operators := record(None))

    assert records.get(operators.identifier) == operators
    assert records.get(operators.identifier, ANA) is None
    assert (listed(records, None), listed(records, ANA)) == ([operators.identifier], [])


def test_only_the_owner_and_the_operator_can_correct_a_record(records: ClassificationRepository) -> None:
    records.add(anas := record(ANA))

    assert records.set_feedback(anas.identifier, {"species": "zea-mays"}, BEN) is None
    assert records.get(anas.identifier) == anas
    for owner in (ANA, None):
        assert records.set_feedback(anas.identifier, {"species": "zea-mays"}, owner) is not None


def test_a_tombstone_is_seen_by_its_owner_only(records: ClassificationRepository) -> None:
    records.add(anas := record(ANA))
    records.delete(anas.identifier)

    assert records.is_deleted(anas.identifier, ANA)
    assert records.is_deleted(anas.identifier)
    assert not records.is_deleted(anas.identifier, BEN)
    assert (listed(records, ANA), listed(records, None)) == ([], [])


def test_the_key_of_an_upload_decides_whose_it_is(records: ClassificationRepository) -> None:
    photo = upload(f"owners/{ANA}/walk/a.jpg")
    records.mark_running(photo)

    assert records.get(photo.identifier, ANA) is not None
    assert records.get(photo.identifier, BEN) is None
    assert (listed(records, ANA), listed(records, BEN)) == ([photo.identifier], [])

    records.delete(photo.identifier)
    newer = Upload("uploads", photo.key, None, sequencer("0055AED6DCD90281E6", NOW), NOW)
    records.mark_running(newer)
    assert listed(records, ANA) == [photo.identifier]


def test_an_expected_upload_belongs_to_the_owner_of_its_form(records: ClassificationRepository) -> None:
    key = reserved_key(uuid4().hex, ANA)
    records.expect_upload(identifier_of(key), key, ExpectedUpload("image/jpeg", 12))
    running = records.mark_running(upload(key))

    assert running is not None
    assert (running.owner, running.expected_upload) == (ANA, ExpectedUpload("image/jpeg", 12))
    assert listed(records, ANA) == [identifier_of(key)]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_an_owner_lists_its_own_and_the_operator_all(records: ClassificationRepository, limit: int) -> None:
    made = [record((ANA, BEN, None)[step % 3], step) for step in range(24)]
    for each in made[::2] + made[1::2]:
        records.add(each)
    newest = made[::-1]

    assert listed(records, None, limit) == [each.identifier for each in newest]
    for owner in (ANA, BEN):
        expected = [each.identifier for each in newest if each.owner == owner]
        assert listed(records, owner, limit) == expected


def test_records_of_one_time_are_listed_once_each(records: ClassificationRepository) -> None:
    # S3 gives times in milliseconds: a thousand uploads a second share them.
    made = [record(None, step=number % 2) for number in range(40)]
    for each in made:
        records.add(each)

    for limit in (1, 7, 39, 40):
        seen = listed(records, None, limit)
        assert sorted(seen) == sorted(each.identifier for each in made)


def test_the_cursor_of_another_caller_shows_nothing_of_it(records: ClassificationRepository) -> None:
    made = [record((ANA, BEN)[step % 2], step) for step in range(20)]
    for each in made:
        records.add(each)
    bens = {each.identifier for each in made if each.owner == BEN}

    for stranger in (ANA, None):
        cursor = records.newest(3, None, stranger).cursor
        assert set(listed(records, BEN, 3, cursor)) <= bens


def test_records_made_before_there_were_owners_are_the_operators(
    dynamodb: "DynamoDBClient", records: ClassificationRepository
) -> None:
    old = [record(None, step) for step in range(5)]
    for each in old:
        item = to_item(each, NOW + timedelta(days=1)) | {"partition": {"S": "all-records"}}
        dynamodb.put_item(TableName="records", Item=item)
    records.add(new := record(ANA, step=5))

    assert listed(records, None, limit=2) == [each.identifier for each in [new, *old[::-1]]]
    assert listed(records, ANA) == [new.identifier]
    assert records.get(old[0].identifier, ANA) is None


def test_new_records_are_spread_over_the_partitions(
    dynamodb: "DynamoDBClient", records: ClassificationRepository
) -> None:
    for step in range(200):
        records.add(record(None, step))

    items = dynamodb.scan(TableName="records")["Items"]
    counts = {name: sum(item["partition"]["S"] == name for item in items) for name in PARTITIONS}
    assert min(counts.values()) > 0
    assert max(counts.values()) < 200 / 2
