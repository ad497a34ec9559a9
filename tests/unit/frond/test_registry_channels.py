"""Channels: they move one step at a time, everybody sees who moved them, and nobody moves over another."""

import json
from pathlib import Path

import pytest

from frond.registry import (
    BrokenChannelError,
    ConflictError,
    NoPreviousVersionError,
    Registry,
    RegistryError,
    UnknownVersionError,
)
from tests.support.tiny_registry import ALICE, BOB, Bucket, publish


@pytest.fixture
def versions(registry: Registry, tmp_path: Path) -> list[str]:
    return [publish(registry, tmp_path, seed) for seed in range(4)]


def promote(registry: Registry, version: str, by: str = ALICE) -> None:
    registry.channels.advance(registry.channels.pointer("stable"), version, by)


def roll_back(registry: Registry) -> str:
    return registry.channels.roll_back(registry.channels.pointer("stable"), BOB, "it was worse").version


def stable(registry: Registry) -> str | None:
    return registry.channels.pointer("stable").version


def test_a_channel_has_no_version_before_its_first_update(registry: Registry) -> None:
    assert stable(registry) is None
    assert registry.channels.history("stable") == []


def test_the_history_has_author_time_and_versions(
    bucket: Bucket, registry: Registry, versions: list[str]
) -> None:
    promote(registry, versions[0])
    promote(registry, versions[1], BOB)

    record = json.loads(bucket.get("history/stable/000002.json"))
    assert record == json.loads(bucket.get("channels/stable.json"))
    assert (record["version"], record["from"], record["moved_by"]) == (versions[1], versions[0], BOB)
    assert record["moved_at"]
    assert [move.version for move in registry.channels.history("stable")] == [versions[1], versions[0]]


def test_rollbacks_go_back_one_version_each_and_stop_at_the_first(
    registry: Registry, versions: list[str]
) -> None:
    for version in versions[:3]:
        promote(registry, version)

    assert roll_back(registry) == versions[1]
    assert roll_back(registry) == versions[0]
    with pytest.raises(NoPreviousVersionError, match="no previous version"):
        roll_back(registry)
    assert stable(registry) == versions[0]


def test_a_promotion_after_a_rollback_drops_the_rolled_back_version(
    registry: Registry, versions: list[str]
) -> None:
    promote(registry, versions[0])
    promote(registry, versions[1])
    roll_back(registry)
    promote(registry, versions[2])

    assert roll_back(registry) == versions[0]
    assert [m.action for m in registry.channels.history("stable")] == [
        "rollback", "promote", "rollback", "promote", "promote",
    ]  # fmt: skip


def test_of_two_concurrent_updates_one_raises_conflict(registry: Registry, versions: list[str]) -> None:
    promote(registry, versions[3])
    promote(registry, versions[0])
    seen_by_alice, seen_by_bob = (registry.channels.pointer("stable") for _ in range(2))

    registry.channels.advance(seen_by_alice, versions[1], ALICE)
    with pytest.raises(ConflictError, match="Somebody else updated stable"):
        registry.channels.advance(seen_by_bob, versions[2], BOB)
    with pytest.raises(ConflictError):
        registry.channels.roll_back(seen_by_bob, BOB)

    assert stable(registry) == versions[1]
    assert [move.moved_by for move in registry.channels.history("stable")] == [ALICE] * 3


def test_of_two_concurrent_first_updates_one_wins(registry: Registry, versions: list[str]) -> None:
    nowhere = registry.channels.pointer("stable")

    registry.channels.advance(nowhere, versions[0], ALICE)
    with pytest.raises(ConflictError):
        registry.channels.advance(nowhere, versions[1], BOB)
    assert stable(registry) == versions[0]


def test_a_channel_deleted_in_the_meantime_is_not_updated(
    bucket: Bucket, registry: Registry, versions: list[str]
) -> None:
    promote(registry, versions[0])
    seen = registry.channels.pointer("stable")
    bucket.delete("channels/stable.json")

    with pytest.raises(ConflictError):
        registry.channels.advance(seen, versions[1], BOB)
    assert stable(registry) is None


def test_a_channel_only_points_at_released_versions(registry: Registry, versions: list[str]) -> None:
    promote(registry, versions[0])

    with pytest.raises(UnknownVersionError, match="no version 2020"):
        promote(registry, "2020.01.01-00000000")
    assert stable(registry) == versions[0]


BROKEN = {
    "not JSON": b"stable is the newest",
    "empty": b"",
    "no version": b'{"from": null}',
    "a list": b"[]",
    "a number for a version": b'{"version": 3}',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_a_broken_channel_is_reported_and_can_be_repaired(
    bucket: Bucket, registry: Registry, versions: list[str], content: bytes
) -> None:
    promote(registry, versions[0])
    bucket.put("channels/stable.json", content)
    broken = registry.channels.pointer("stable")

    with pytest.raises(BrokenChannelError, match=r"s3://[\w-]+/channels/stable\.json .* earlier version"):
        _ = broken.version
    with pytest.raises(BrokenChannelError):
        registry.channels.roll_back(broken, BOB)

    mended = registry.channels.advance(broken, versions[1], BOB)
    assert (mended.sequence, mended.origin) == (2, versions[0])
    assert roll_back(registry) == versions[0]


def test_a_broken_record_is_reported(bucket: Bucket, registry: Registry, versions: list[str]) -> None:
    promote(registry, versions[0])
    bucket.put("history/stable/000001.json", b"nothing")

    with pytest.raises(RegistryError, match=r"history/stable/000001\.json is not a valid channel update"):
        registry.channels.history("stable")


def test_the_next_update_records_an_interrupted_one(
    bucket: Bucket, registry: Registry, versions: list[str]
) -> None:
    promote(registry, versions[0])
    promote(registry, versions[1])
    lost = "history/stable/000002.json"
    record = bucket.get(lost)
    bucket.delete(lost)

    assert [move.version for move in registry.channels.history("stable")] == [versions[1], versions[0]]
    promote(registry, versions[2])
    assert bucket.get(lost) == record


def test_a_channel_restored_by_hand_overwrites_no_record(
    bucket: Bucket, registry: Registry, versions: list[str]
) -> None:
    promote(registry, versions[0])
    first = bucket.get("channels/stable.json")
    promote(registry, versions[1])
    bucket.put("channels/stable.json", first)
    promote(registry, versions[2])

    assert [m.version for m in registry.channels.history("stable")] == [versions[i] for i in (2, 1, 0)]


def test_an_unchanged_channel_is_not_transferred_again(
    bucket: Bucket, registry: Registry, versions: list[str]
) -> None:
    promote(registry, versions[0])
    known = registry.channels.pointer("stable")

    assert registry.channels.pointer("stable", known) is known
    promote(registry, versions[1])
    assert registry.channels.pointer("stable", known).version == versions[1]
