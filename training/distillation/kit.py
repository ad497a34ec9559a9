"""The kit that travels to the accelerator: photos, labels, folds and ImageNet's weights."""

import io
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

PHOTOS_NAME, INDEX_NAME, WEIGHTS_NAME = "photos.bin", "photos.json", "imagenet.npz"
PLAN_NAME = "plan.json"
# Names of moving statistics in a file of weights begin with it.
STATISTIC = "statistics/"


@dataclass(frozen=True)
class KitPhotos:
    """Pictures ``uint8[N, S, S, 3]`` with labels, splits and folds; a photo without a fold has fold -1.

    ``windows`` are the squares without a plant, ``int64[M, 4]``: picture, top, left, side.
    """

    pictures: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    folds: NDArray[np.int64]
    hashes: list[str]
    windows: NDArray[np.int64]
    classes: int

    def of(self, splits: tuple[str, ...]) -> NDArray[np.int64]:
        """Return the indices of the photos of the splits."""
        return np.flatnonzero(np.isin(self.splits, splits))


def write_photos(folder: Path, files: list[bytes], index: Mapping[str, Any]) -> None:
    """Write the photos' files, one after another, and the index of the kit."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PHOTOS_NAME).write_bytes(b"".join(files))
    lengths = [len(file) for file in files]
    (folder / INDEX_NAME).write_text(json.dumps({**index, "lengths": lengths}), encoding="utf-8")


def read_photos(folder: Path) -> KitPhotos:
    """Read and decode the photos of a kit."""
    index = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))
    data = (folder / PHOTOS_NAME).read_bytes()
    ends = np.cumsum(index["lengths"])
    starts = ends - np.array(index["lengths"])

    def decode(start: int, end: int) -> NDArray[np.uint8]:
        return np.asarray(Image.open(io.BytesIO(data[start:end])).convert("RGB"))

    with ThreadPoolExecutor() as threads:
        pictures = np.stack(list(threads.map(decode, starts, ends)))
    return KitPhotos(
        pictures,
        np.array(index["labels"]),
        np.array(index["splits"]),
        np.array(index["folds"]),
        index["hashes"],
        np.array(index["windows"], dtype=np.int64).reshape(-1, 4),
        index["classes"],
    )


def save_arrays(path: Path, arrays: Mapping[str, Any], half: bool = True) -> None:
    """Write named arrays, in half precision: weights lose nothing that training would notice."""
    kept = {name: np.asarray(value, np.float16 if half else None) for name, value in arrays.items()}
    draft = path.with_suffix(".draft.npz")
    with draft.open("wb") as file:
        np.savez(file, allow_pickle=False, **kept)
    draft.replace(path)


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read named arrays; half precision becomes ``float32``."""
    with np.load(path) as archive:
        return {
            name: value.astype(np.float32) if value.dtype == np.float16 else value
            for name, value in archive.items()
        }


def join_file(folder: Path, name: str) -> bytes:
    """Read a file, whole or in the pieces that ``split -d`` makes: ``NAME.00``, ``NAME.01`` and so on.

    Raises
    ------
    FileNotFoundError
        There is neither.
    """
    pieces = sorted(folder.glob(f"{name}.[0-9][0-9]"))
    return b"".join(piece.read_bytes() for piece in pieces) if pieces else (folder / name).read_bytes()
