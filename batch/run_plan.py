"""The plan of a run: its photos, listed once, in chunks that are finished whole or not at all.

The photos of a run are fixed when it starts, so that a run that was killed goes on with the same ones.
"""

import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, Field

from batch.errors import BatchError
from batch.photo_files import ListedPhoto
from batch.run_storage import RunStorage

PLAN_NAME = "run.json"
ROWS_NAME = "rows"
_SCHEMA = pa.schema([("path", pa.string()), ("label", pa.string()), ("bytes", pa.int64())])


class RunPlan(BaseModel):
    """The photos and the model of a run, as in ``run.json``; it is written after the last chunk's list."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    format_version: Literal[1] = 1
    root: str = Field(description="Folder or s3:// prefix of the photos")
    model_version: str
    model_sha256: str
    features_sha256: str | None = Field(default=None, description="Of the feature extractor, if there is one")
    photos: int = 0
    chunks: int = 0
    created_at: datetime

    def differences(self, other: "RunPlan") -> list[str]:
        """Return the names of the members in which two runs would give different rows."""
        return [
            name
            for name in ("root", "model_version", "model_sha256", "features_sha256")
            if getattr(self, name) != getattr(other, name)
        ]


class ChunkTiming(BaseModel):
    """The mark of a finished chunk: how many photos, from when to when (Unix time), on how many cores."""

    model_config = ConfigDict(frozen=True)

    photos: int
    started: float
    ended: float
    cores: int


def open_plan(
    storage: RunStorage, wanted: RunPlan, photos: Iterable[ListedPhoto], chunk_photos: int
) -> RunPlan:
    """Return the plan of a run; without one list the photos and write it.

    Parameters
    ----------
    storage
        The run's folder.
    wanted
        Root and model of this run.
    photos
        Read only if there is no plan.
    chunk_photos
        Number of photos of a chunk, which is done again if the run is killed.

    Raises
    ------
    batch.errors.BatchError
        The folder holds a run of other photos or of another model, or there are no photos.
    """
    found = read_plan(storage)
    if found is None:
        return _write_plan(storage, wanted, photos, chunk_photos)
    if differences := found.differences(wanted):
        raise BatchError(
            f"The folder holds another run (different: {', '.join(differences)}); choose another one for OUT."
        )
    return found


def read_plan(storage: RunStorage) -> RunPlan | None:
    """Return the plan of a run; None if there is none."""
    content = storage.read(PLAN_NAME)
    return None if content is None else RunPlan.model_validate_json(content)


def read_chunk(storage: RunStorage, chunk: int) -> list[ListedPhoto]:
    """Return the photos of a chunk."""
    content = storage.read(plan_name(chunk))
    if content is None:
        raise BatchError(f"{storage.url(plan_name(chunk))} is gone; choose another folder for OUT.")
    rows = pq.read_table(io.BytesIO(content)).to_pylist()
    return [ListedPhoto(**row) for row in rows]


def plan_name(chunk: int) -> str:
    """Return the name of a chunk's list of photos."""
    return f"plan/{chunk:06d}.parquet"


def rows_name(chunk: int) -> str:
    """Return the name of the folder with a chunk's rows."""
    return f"{ROWS_NAME}/chunk={chunk:06d}"


def finish_chunk(storage: RunStorage, chunk: int, timing: ChunkTiming) -> None:
    """Mark a chunk as finished."""
    storage.write(_timing_name(chunk), timing.model_dump_json().encode())


def chunk_timing(storage: RunStorage, chunk: int) -> ChunkTiming | None:
    """Return the mark of a finished chunk; None if it is not finished."""
    content = storage.read(_timing_name(chunk))
    return None if content is None else ChunkTiming.model_validate_json(content)


def busy_seconds(timings: Iterable[ChunkTiming]) -> float:
    """Return the time in which at least one chunk was in progress."""
    total, until = 0.0, float("-inf")
    for timing in sorted(timings, key=lambda each: each.started):
        total += max(0.0, timing.ended - max(until, timing.started))
        until = max(until, timing.ended)
    return total


def _timing_name(chunk: int) -> str:
    return f"done/{chunk:06d}.json"


def _write_plan(
    storage: RunStorage, wanted: RunPlan, photos: Iterable[ListedPhoto], chunk_photos: int
) -> RunPlan:
    chunks = total = 0
    for chunk in _chunks(iter(photos), chunk_photos):
        file = io.BytesIO()
        columns = {name: [getattr(photo, name) for photo in chunk] for name in _SCHEMA.names}
        pq.write_table(pa.table(columns, schema=_SCHEMA), file)
        storage.write(plan_name(chunks), file.getvalue())
        chunks, total = chunks + 1, total + len(chunk)
    if not total:
        raise BatchError(f"There are no photos below {wanted.root}.")
    plan = wanted.model_copy(update={"photos": total, "chunks": chunks, "created_at": datetime.now(UTC)})
    storage.write(PLAN_NAME, plan.model_dump_json(indent=2).encode())
    return plan


def _chunks(photos: Iterator[ListedPhoto], size: int) -> Iterator[list[ListedPhoto]]:
    while chunk := list(islice(photos, size)):
        yield chunk
