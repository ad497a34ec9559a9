"""Keeping a model from being judged by photos that it has learned."""

from pathlib import Path

from frond.manifest import Manifest
from training.data.card import DataCard
from training.data.dataset import Dataset
from training.errors import TrainingError
from training.report.inputs import DATA_NAME, REPORT_NAME, read_json


def check_data(dataset: Dataset, manifest: Manifest, directory: Path) -> None:
    """Refuse a data set that is not the one, split and sized as it was, that a model was exported with.

    Parameters
    ----------
    dataset
        To judge or calibrate by.
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
            "learned from some of these; give the data set that it was exported with."
        )
    check_split(dataset.card, directory)
    check_size(dataset, manifest)


def check_size(dataset: Dataset, manifest: Manifest) -> None:
    """Refuse photos of another size than a model takes.

    Raises
    ------
    training.errors.TrainingError
        They are of another size.
    """
    wanted, held = manifest.input, dataset.card.recipe
    if wanted != held:
        raise TrainingError(
            f"The model takes {wanted.size} px and {dataset.directory} holds {held.size} px; prepare the "
            f"photos again with --size {wanted.size}."
        )


def check_split(card: DataCard, directory: Path) -> None:
    """Refuse the photos that a model was made from where they are split otherwise than then.

    Parameters
    ----------
    card
        Of the data set to judge by; it has the photos that the model was exported with.
    directory
        The model's folder, whose report has the card of that time.

    Raises
    ------
    training.errors.TrainingError
        Another split: some of its validation or test photos may have trained the model.
    """
    trained_on = read_json(directory / REPORT_NAME / DATA_NAME, DataCard)
    if trained_on and (
        trained_on.test_fingerprint != card.test_fingerprint
        or trained_on.train_fingerprint not in (None, card.train_fingerprint)
    ):
        raise TrainingError(
            f"The photos of {card.name} are split otherwise than when the model was trained, so it may have "
            "learned from some of these; judge it by the data set that it was exported with."
        )
