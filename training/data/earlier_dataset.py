"""The earlier data set whose splits are reused."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training.data.card import DataCard
from training.data.dataset import CARD_NAME, PHOTOS_NAME, read_rows
from training.data.preparation import EarlierDataset
from training.data.split import Split
from training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class EarlierSplits:
    """The split of each photo by its sha256, and the record of the data set."""

    splits: Mapping[str, Split]
    record: EarlierDataset


def read_earlier(directory: Path) -> EarlierSplits:
    """Read the splits of an earlier data set.

    Raises
    ------
    training.errors.TrainingError
        The folder holds none.
    """
    try:
        splits = {row.sha256: row.split for row in read_rows(directory / PHOTOS_NAME)}
        card = DataCard.model_validate_json((directory / CARD_NAME).read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise TrainingError(
            f"{directory} is not a prepared data set to reuse splits from: {error}"
        ) from error
    return EarlierSplits(
        splits, EarlierDataset(fingerprints=card.fingerprints(), preparation=card.preparation)
    )
