"""Runs by their location: a folder, or an S3 URI with a copy on this machine."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from training.data.s3_dataset import cache_folder
from training.fitting.run import Run
from training.fitting.s3_run import S3Run
from training.s3_folder import SCHEME, S3Folder


def run_at(location: str, rank: int = 0, keep_checkpoints: int = 1) -> Run:
    """Return the run to train.

    Parameters
    ----------
    location
        A folder, or ``s3://bucket/prefix``.
    rank
        Number of this process; each has its own copy of a run in S3.
    keep_checkpoints
        How many of the latest checkpoints to keep.
    """
    if not location.startswith(SCHEME):
        return Run(Path(location), keep_checkpoints)
    folder = S3Folder(location)
    copy = cache_folder() / "runs" / f"{sha256(str(folder).encode()).hexdigest()[:32]}-{rank}"
    return Run(copy, keep_checkpoints, S3Run(folder, copy, keep_checkpoints))


@contextmanager
def finished_run(location: str) -> Iterator[Run]:
    """Yield a run to read; one in S3 is downloaded to a temporary folder, without its checkpoints."""
    if not location.startswith(SCHEME):
        yield Run(Path(location))
        return
    with tempfile.TemporaryDirectory(prefix="frond-run-") as folder:
        stored = S3Run(S3Folder(location), Path(folder))
        stored.fetch()
        yield Run(Path(folder), stored=stored)
