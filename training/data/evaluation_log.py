"""A log of how often a data set's photos were used to evaluate a model.

Each look at the test split that leads to another choice fits the choice to it a little. The log is a CSV file
in the data set's folder, and moves on with ``--reuse-splits``.
"""

import csv
import shutil
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from training.data.split import Split
from training.errors import TrainingError

LOG_NAME = "evaluations.csv"
_COLUMNS = ("time", "split", "model_version")


class EvaluationCount(BaseModel):
    """How often the test split was evaluated, this time included."""

    evaluations: int
    models: int


def record_evaluation(dataset: Path, split: Split, model_version: str) -> None:
    """Append an evaluation to the log.

    Raises
    ------
    training.errors.TrainingError
        The data set's folder cannot be written.
    """
    path = dataset / LOG_NAME
    fresh = not path.exists()
    try:
        with path.open("a", encoding="utf-8", newline="") as log:
            lines = csv.writer(log)
            if fresh:
                lines.writerow(_COLUMNS)
            lines.writerow((f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", split, model_version))
    except OSError as error:
        raise TrainingError(
            f"{path} counts the evaluations of the test split and cannot be written: {error.strerror}."
        ) from error


def count_evaluations(dataset: Path, split: Split = "test") -> EvaluationCount:
    """Count the recorded evaluations of a split, and the models among them."""
    try:
        with (dataset / LOG_NAME).open(encoding="utf-8", newline="") as log:
            models = [row["model_version"] for row in csv.DictReader(log) if row["split"] == split]
    except FileNotFoundError:
        models = []
    return EvaluationCount(evaluations=len(models), models=len(set(models)))


def copy_evaluations(earlier: Path, dataset: Path) -> None:
    """Copy the log of the data set whose splits are reused, as its test photos are in this one, too."""
    if (earlier / LOG_NAME).exists():
        shutil.copyfile(earlier / LOG_NAME, dataset / LOG_NAME)
