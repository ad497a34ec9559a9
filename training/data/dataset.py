"""A prepared data set: canonical pictures, what each shows and which split it belongs to.

On disk: ``pictures.npy`` (``uint8[N, S, S, 3]``, mapped, never read whole), ``photos.csv`` (a row a
picture) and ``card.json`` with ``card.md``, the data card.
"""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.data.card import Card
from training.data.split import Split, as_split
from training.errors import TrainingError

PICTURES_NAME, PHOTOS_NAME, CARD_NAME = "pictures.npy", "photos.csv", "card.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One photo of the data set."""

    source: str
    label: int
    split: Split
    group: int
    sha256: str


class Dataset:
    """A folder that ``training prepare`` made.

    Parameters
    ----------
    directory
        The folder.
    without
        Slugs of species to leave out, as if there were no photos of them.

    Raises
    ------
    training.errors.TrainingError
        The folder is not one, or a species to leave out is not in it.
    """

    def __init__(self, directory: Path, without: Iterable[str] = ()) -> None:
        self.directory = directory
        try:
            self.card = Card.model_validate_json((directory / CARD_NAME).read_bytes())
            self.pictures: NDArray[np.uint8] = np.load(directory / PICTURES_NAME, mmap_mode="r")
            self.rows = _read_rows(directory / PHOTOS_NAME, len(self.pictures))
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(
                f"{directory} is not a prepared data set ({error}); make one with "
                "`python -m training prepare PHOTOS FOLDER`."
            ) from error
        self.without = tuple(sorted(set(without)))
        self._numbers = _renumbered([species.slug for species in self.card.species], set(without))
        self.card = self.card.without(set(without))

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """The class of every picture, ``int64[N]``; -1 for a species that is left out."""
        return np.array([self._numbers[row.label] for row in self.rows], dtype=np.int64)

    def indices(self, split: Split) -> NDArray[np.int64]:
        """Return where the pictures of a split are; an empty split is an error."""
        chosen = (i for i, row in enumerate(self.rows) if row.split == split and self.labels[i] >= 0)
        found = np.fromiter(chosen, dtype=np.int64)
        if not len(found):
            raise TrainingError(f"{self.directory} has no photo in its {split} split; prepare more photos.")
        return found


def sample(indices: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Return so many of the pictures at random, all of them where there are fewer, as they lie."""
    chosen = np.random.default_rng(seed).permutation(indices)[:count]
    return np.sort(chosen)


def _renumbered(slugs: list[str], without: set[str]) -> list[int]:
    """Return the class of each species on the disk once some are left out, -1 for those."""
    unknown = without - set(slugs)
    if unknown:
        raise TrainingError(
            f"There is no {', '.join(sorted(unknown))} to leave out; there are {', '.join(slugs)}."
        )
    kept = [slug for slug in slugs if slug not in without]
    if len(kept) < 2:
        raise TrainingError("Two species have to be left for a network to tell apart.")
    return [kept.index(slug) if slug in kept else -1 for slug in slugs]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write ``photos.csv``."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, [field.name for field in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def read_rows(path: Path) -> list[Row]:
    """Read ``photos.csv``; a row of another shape is a ``ValueError`` or ``KeyError``."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [_row(row) for row in csv.DictReader(lines)]


def _read_rows(path: Path, count: int) -> list[Row]:
    rows = read_rows(path)
    if len(rows) != count:
        raise ValueError(f"{path.name} has {len(rows)} rows for {count} pictures")
    return rows


def _row(row: dict[str, str]) -> Row:
    return Row(row["source"], int(row["label"]), as_split(row["split"]), int(row["group"]), row["sha256"])
