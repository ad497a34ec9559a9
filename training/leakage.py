"""Checks against leakage: no model may be evaluated on photos that it was trained on."""

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from frond.manifest import Manifest
from training.artifacts.files import DATA_NAME, REPORT_NAME, TRAINED_PHOTOS_NAME, read_json
from training.data.card import DataCard
from training.data.dataset import Dataset
from training.data.split import SPLITS, Split
from training.errors import TrainingError

# Of a sha256; a chance match among millions of photos is unlikely.
HASH_DIGITS = 16
MAX_NAMED = 3


class TrainedPhotos(BaseModel):
    """``report/trained_photos.json``: the photos that a model was made with."""

    train: list[str] = Field(description=f"First {HASH_DIGITS} digits of each photo's sha256, sorted")
    validation: list[str]

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        """Return the training and validation photos of a data set."""
        return cls(
            train=_hashes(dataset, dataset.indices("train")),
            validation=_hashes(dataset, dataset.indices("validation")),
        )

    def used_before(self, split: Split) -> set[str]:
        """Return the photos that must not be in a split: those of the splits before it."""
        used = {"train": self.train, "validation": self.validation}
        before = SPLITS[: SPLITS.index(split)]
        return {photo for name in before for photo in used[name]}


def check_untrained(dataset: Dataset, indices: NDArray[np.int64], split: Split, directory: Path) -> None:
    """Require photos that a model was not made with, by their own hashes.

    Parameters
    ----------
    dataset, indices
        The photos to evaluate on.
    split
        Validation photos may be evaluated on as such, but not as test photos.
    directory
        The model's folder. One that was exported before there were such records passes.

    Raises
    ------
    training.errors.TrainingError
        The model was trained or calibrated on some of the photos.
    """
    photos = read_json(directory / REPORT_NAME / TRAINED_PHOTOS_NAME, TrainedPhotos)
    used = photos.used_before(split) if photos else set()
    rows = [dataset.rows[i] for i in indices]
    known = [row.source for row in rows if row.sha256[:HASH_DIGITS] in used]
    if known:
        named = ", ".join(known[:MAX_NAMED])
        raise TrainingError(
            f"The model was made with {len(known)} of these {len(rows)} photos ({named}), so it cannot be "
            "evaluated on them; leave them out with `prepare --exclude`."
        )


def _hashes(dataset: Dataset, indices: NDArray[np.int64]) -> list[str]:
    return sorted(dataset.rows[i].sha256[:HASH_DIGITS] for i in indices)


def check_data(dataset: Dataset, manifest: Manifest, directory: Path) -> None:
    """Require the data set that a model was exported with, with the same split and size.

    Parameters
    ----------
    dataset
        To evaluate or calibrate on.
    manifest
        The model's.
    directory
        Its folder.

    Raises
    ------
    training.errors.TrainingError
        Other photos, another split, or another size.
    """
    if dataset.card.fingerprint != manifest.dataset.fingerprint:
        raise TrainingError(
            f"The model was exported with other photos than {dataset.directory} holds, so it may have "
            "been trained on some of these; use the data set that it was exported with."
        )
    check_split(dataset.card, directory)
    check_size(dataset, manifest)


def check_size(dataset: Dataset, manifest: Manifest) -> None:
    """Require photos of the model's input size.

    Raises
    ------
    training.errors.TrainingError
        They are of another size.
    """
    expected, found = manifest.input, dataset.card.recipe
    if expected != found:
        raise TrainingError(
            f"The model takes {expected.size} px and {dataset.directory} holds {found.size} px; prepare the "
            f"photos again with --size {expected.size}."
        )


def check_split(card: DataCard, directory: Path) -> None:
    """Require the split that a model was trained with.

    Parameters
    ----------
    card
        Of a data set with the photos that the model was exported with.
    directory
        The model's folder, whose report has the card of the training.

    Raises
    ------
    training.errors.TrainingError
        Another split: the model may have been trained on some of its validation or test photos.
    """
    trained_on = read_json(directory / REPORT_NAME / DATA_NAME, DataCard)
    if trained_on and (
        trained_on.test_fingerprint != card.test_fingerprint
        or trained_on.train_fingerprint not in (None, card.train_fingerprint)
    ):
        raise TrainingError(
            f"The photos of {card.name} are split otherwise than when the model was trained, so it may have "
            "been trained on some of these; use the data set that it was exported with."
        )
