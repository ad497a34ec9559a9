"""Checks against leakage: no model may be evaluated on photos that it was trained on."""

from pathlib import Path

from frond.manifest import Manifest
from training.artifacts.files import DATA_NAME, REPORT_NAME, read_json
from training.data.card import DataCard
from training.data.dataset import Dataset
from training.errors import TrainingError


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
