"""Integrity of a prepared data set: its fingerprint, computed again."""

import hashlib
from collections.abc import Iterable

from training.data.card import DataCard
from training.data.dataset import CARD_NAME, PHOTOS_NAME, PICTURES_NAME, Dataset, read_rows


def fingerprint(photos: Iterable[tuple[str, str]]) -> str:
    """Return the hash of photos and labels, in any order.

    Parameters
    ----------
    photos
        The sha256 of each photo's file, in hex, and its class folder.
    """
    lines = sorted(f"{sha256} {folder}" for sha256, folder in photos)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def has_changed(dataset: Dataset) -> bool:
    """Return whether the files on disk are no longer the data set that was opened.

    The card must have the same fingerprint, the photos and labels of the table must give that fingerprint,
    and the file of images must not be cut short.
    """
    folder = dataset.directory
    try:
        card = DataCard.model_validate_json((folder / CARD_NAME).read_bytes())
        rows = read_rows(folder / PHOTOS_NAME)
        found = fingerprint((row.sha256, card.folders[row.label]) for row in rows)
        size = (folder / PICTURES_NAME).stat().st_size
    except (OSError, ValueError, KeyError, IndexError):
        return True
    return (
        found != card.fingerprint
        or card.excluding(set(dataset.exclude)).fingerprint != dataset.card.fingerprint
        or size < dataset.pictures.nbytes
    )
