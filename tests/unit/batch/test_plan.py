"""The plan: photos are listed once, in chunks."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("pyarrow", reason="Spark's packages are not installed: make batch")

from batch.errors import BatchError
from batch.photo_files import ListedPhoto
from batch.run_plan import (
    ChunkTiming,
    RunPlan,
    busy_seconds,
    chunk_timing,
    finish_chunk,
    open_plan,
    read_chunk,
)
from batch.run_storage import FolderStorage

PHOTOS = [ListedPhoto(f"/photos/{number}.jpg", "=a" if number % 2 else None, number) for number in range(5)]
WANTED = RunPlan(root="/photos", model_version="v", model_sha256="a" * 64, created_at=datetime.now(UTC))


def failing() -> Iterator[ListedPhoto]:
    yield from PHOTOS[:3]
    raise OSError


def test_a_plan_is_made_once(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    plan = open_plan(storage, WANTED, PHOTOS, chunk_photos=2)
    assert (plan.photos, plan.chunks) == (5, 3)
    assert [photo for chunk in range(3) for photo in read_chunk(storage, chunk)] == PHOTOS
    assert open_plan(storage, WANTED, [], chunk_photos=100) == plan


def test_a_listing_that_failed_is_done_again(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    with pytest.raises(OSError):  # noqa: PT011 - the one above
        open_plan(storage, WANTED, failing(), chunk_photos=2)
    assert open_plan(storage, WANTED, PHOTOS, chunk_photos=5).chunks == 1
    assert read_chunk(storage, 0) == PHOTOS


@pytest.mark.parametrize("member", ["root", "model_version", "model_sha256", "features_sha256"])
def test_a_folder_of_another_run_is_refused(member: str, tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path)
    open_plan(storage, WANTED, PHOTOS, chunk_photos=2)
    other = WANTED.model_copy(update={member: "b" * 64})
    with pytest.raises(BatchError, match=rf"another run \(different: {member}\)"):
        open_plan(storage, other, PHOTOS, chunk_photos=2)


def test_no_photos(tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="no photos below /photos"):
        open_plan(FolderStorage(tmp_path), WANTED, [], chunk_photos=2)


def test_chunks_are_finished_one_by_one(tmp_path: Path) -> None:
    storage, timing = FolderStorage(tmp_path), ChunkTiming(photos=2, started=0, ended=1, cores=2)
    finish_chunk(storage, 1, timing)
    assert [chunk_timing(storage, chunk) for chunk in range(3)] == [None, timing, None]


def test_time_in_which_chunks_overlap_counts_once() -> None:
    spans = [(0, 10), (5, 12), (6, 7), (20, 21)]
    assert busy_seconds(ChunkTiming(photos=1, started=a, ended=b, cores=1) for a, b in spans) == 13
    assert busy_seconds([]) == 0
