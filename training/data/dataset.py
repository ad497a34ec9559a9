"""A prepared data set: preprocessed images, their labels and splits.

On disk: ``pictures.npy`` (``uint8[N, S, S, 3]``, memory-mapped), ``photos.csv`` (one row per image) and
``card.json`` with ``card.md``, the data card.
"""

import csv
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from frond.csv_cell import neutralize, restore
from training.data.card import DataCard
from training.data.split import Split, as_split
from training.errors import TrainingError

PICTURES_NAME, PHOTOS_NAME, CARD_NAME = "pictures.npy", "photos.csv", "card.json"


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One photo of the data set.

    Attributes
    ----------
    group
        Photos with the same number are alike or of one given group, so not independent of each other.
    group_name
        Name of the given group, such as a plant or a plot; empty if there is none.
    source_set
        Name of the source that the photo came from, where several were merged.
    """

    source: str
    label: int
    split: Split
    group: int
    sha256: str
    group_name: str = ""
    source_set: str = ""


class Dataset:
    """A data set written by ``training prepare``.

    Parameters
    ----------
    directory
        The folder.
    exclude
        Slugs of species to exclude, as if there were no photos of them.

    Raises
    ------
    training.errors.TrainingError
        The folder holds no data set, or an excluded species is not in it.
    """

    def __init__(self, directory: Path, exclude: Iterable[str] = ()) -> None:
        self.directory = directory
        try:
            self.card = DataCard.model_validate_json((directory / CARD_NAME).read_bytes())
            self.pictures: NDArray[np.uint8] = np.load(directory / PICTURES_NAME, mmap_mode="r")
            self.rows = _read_rows(directory / PHOTOS_NAME, len(self.pictures))
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(
                f"{directory} is not a prepared data set ({error}); make one with "
                "`python -m training prepare PHOTOS FOLDER`."
            ) from error
        self.exclude = tuple(sorted(set(exclude)))
        self._numbers = _class_indices([species.slug for species in self.card.species], set(exclude))
        self.card = self.card.excluding(set(exclude))
        if exclude:
            self.card = self.card.model_copy(update={"source_sets": self._source_sets()})

    def _source_sets(self) -> dict[str, dict[str, int]]:
        """Count the photos of each merged source that are left, by split."""
        counts = {name: dict.fromkeys(found, 0) for name, found in self.card.source_sets.items()}
        for row in self.rows:
            if row.source_set and self._numbers[row.label] >= 0:
                counts[row.source_set][row.split] += 1
        return counts

    @cached_property
    def labels(self) -> NDArray[np.int64]:
        """The class index of every image, ``int64[N]``; -1 for an excluded species."""
        return np.array([self._numbers[row.label] for row in self.rows], dtype=np.int64)

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The group of every image, ``int64[N]``: the unit of the split, and of a bootstrap."""
        return np.array([row.group for row in self.rows], dtype=np.int64)

    def indices(self, split: Split) -> NDArray[np.int64]:
        """Return the indices of a split's images.

        Raises
        ------
        training.errors.TrainingError
            The split is empty.
        """
        chosen = (i for i, row in enumerate(self.rows) if row.split == split and self.labels[i] >= 0)
        indices = np.fromiter(chosen, dtype=np.int64)
        if not len(indices):
            raise TrainingError(f"{self.directory} has no photo in its {split} split; prepare more photos.")
        return indices


def sample(indices: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Return a random sample of the indices, sorted; all of them if there are fewer than ``count``."""
    chosen = np.random.default_rng(seed).permutation(indices)[:count]
    return np.sort(chosen)


def _class_indices(slugs: list[str], exclude: set[str]) -> list[int]:
    """Return the class index of each species on disk after exclusion; -1 for excluded ones."""
    unknown = exclude - set(slugs)
    if unknown:
        raise TrainingError(
            f"There is no species {', '.join(sorted(unknown))} to exclude; there are {', '.join(slugs)}."
        )
    kept = [slug for slug in slugs if slug not in exclude]
    if len(kept) < 2:
        raise TrainingError("A data set needs two species; exclude fewer.")
    return [kept.index(slug) if slug in kept else -1 for slug in slugs]


def write_rows(path: Path, rows: Iterable[DatasetRow]) -> None:
    """Write ``photos.csv``."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, [field.name for field in fields(DatasetRow)])
        writer.writeheader()
        writer.writerows(_cells(row) for row in rows)


def _cells(row: DatasetRow) -> dict[str, object]:
    free = ("source", "group_name", "source_set")
    return asdict(row) | {name: neutralize(getattr(row, name)) for name in free}


def read_rows(path: Path) -> list[DatasetRow]:
    """Read ``photos.csv``.

    Raises
    ------
    ValueError, KeyError
        A row has other columns or values.
    """
    with path.open(encoding="utf-8", newline="") as lines:
        return [_row(row) for row in csv.DictReader(lines)]


def _read_rows(path: Path, count: int) -> list[DatasetRow]:
    rows = read_rows(path)
    if len(rows) != count:
        raise ValueError(f"{path.name} has {len(rows)} rows for {count} pictures")
    return rows


def _row(row: dict[str, str]) -> DatasetRow:
    return DatasetRow(
        restore(row["source"]),
        int(row["label"]),
        as_split(row["split"]),
        int(row["group"]),
        row["sha256"],
        restore(row.get("group_name") or ""),
        restore(row.get("source_set") or ""),
    )
