"""The file of preprocessed images, written in parallel."""

import hashlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from botocore.exceptions import BotoCoreError, ClientError
from numpy.typing import NDArray

from frond.preprocessing import PreprocessingSpec, read_photo
from frond.problems import EmptyBody, Problem
from training.data.capture import Capture, read_capture
from training.data.card import BadFile
from training.data.duplicates import difference_hash
from training.data.sources import PhotoSource
from training.errors import TrainingError
from training.progress import track

# Photos submitted to the pool ahead of what has been written, so that memory stays bounded.
IN_FLIGHT = 512


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A preprocessed photo; its pixels go straight to disk."""

    source: str
    folder: str
    sha256: str
    hash: NDArray[np.uint64]
    capture: Capture | None = None


def write_pictures(
    path: Path, source: PhotoSource, files: list[tuple[str, str]], spec: PreprocessingSpec, workers: int
) -> tuple[list[PreparedPhoto], list[BadFile]]:
    """Preprocess photos into ``uint8[N, S, S, 3]``, a NumPy file; return them, and the files that are none.

    Raises
    ------
    training.errors.TrainingError
        A worker process was killed.
    """
    good: list[PreparedPhoto] = []
    bad: list[BadFile] = []
    pictures = np.lib.format.open_memmap(
        path, mode="w+", dtype=np.uint8, shape=(len(files), spec.size, spec.size, 3)
    )
    for result in track(_preprocess(source, files, spec, workers), len(files), "Preparing photos"):
        if isinstance(result, BadFile):
            bad.append(result)
            continue
        photo, pixels = result
        pictures[len(good)] = pixels
        good.append(photo)
    pictures.flush()
    if bad:
        keep_pictures(path, list(range(len(good))))
    return good, bad


def keep_pictures(path: Path, indices: Sequence[int]) -> None:
    """Remove every other image from the file."""
    pictures = np.load(path, mmap_mode="r")
    shorter = path.with_suffix(".short")
    shape = (len(indices), *pictures.shape[1:])
    kept = np.lib.format.open_memmap(shorter, mode="w+", dtype=np.uint8, shape=shape)
    for start in range(0, len(indices), IN_FLIGHT):
        kept[start : start + IN_FLIGHT] = pictures[indices[start : start + IN_FLIGHT]]
    kept.flush()
    shorter.replace(path)


def _preprocess(
    source: PhotoSource, files: list[tuple[str, str]], spec: PreprocessingSpec, workers: int
) -> Iterator[tuple[PreparedPhoto, NDArray[np.uint8]] | BadFile]:
    read = partial(_read, source, spec)
    # Forking a process with threads (boto3, the progress bar) can deadlock.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=spawn) as pool:
        remaining = iter(files)
        try:
            while batch := list(islice(remaining, IN_FLIGHT)):
                yield from pool.map(read, batch, chunksize=16)
        except BrokenProcessPool as error:
            raise TrainingError(
                "A worker process was killed, most likely out of memory; try fewer --workers."
            ) from error
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            raise


def _read(
    source: PhotoSource, spec: PreprocessingSpec, file: tuple[str, str]
) -> tuple[PreparedPhoto, NDArray[np.uint8]] | BadFile:
    folder, key = file
    try:
        data = source.read(key)
        photo = read_photo(data, spec)
    except EmptyBody:
        return BadFile(source=key, reason="The file is empty")
    except Problem as problem:
        return BadFile(source=key, reason=problem.title)
    except (OSError, BotoCoreError, ClientError) as error:
        return BadFile(source=key, reason=f"The file is unreadable: {error}")
    digest = hashlib.sha256(data).hexdigest()
    return PreparedPhoto(key, folder, digest, difference_hash(photo.pixels), read_capture(data)), photo.pixels
