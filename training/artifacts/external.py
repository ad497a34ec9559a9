"""Metrics of external test sets, kept in ``report/external/``: photos of other places, seasons or cameras."""

import re
from pathlib import Path

from training.artifacts.files import REPORT_NAME, read_json
from training.artifacts.metrics_file import Metrics
from training.atomic_write import atomic_write
from training.errors import TrainingError

FOLDER_NAME = "external"
_NAME = re.compile(r"\w[\w .-]{0,63}")


def check_name(name: str) -> None:
    """Require a name that can be a file's.

    Raises
    ------
    training.errors.TrainingError
        It cannot.
    """
    if not _NAME.fullmatch(name):
        raise TrainingError(
            f"{name!r} cannot name a test set; use at most 64 letters, digits, spaces, dots and hyphens."
        )


def write_external(model: Path, name: str, metrics: Metrics) -> Path:
    """Write the metrics to the model's report and return the file; earlier ones of that name are replaced."""
    check_name(name)
    folder = model / REPORT_NAME / FOLDER_NAME
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    atomic_write(path, metrics.model_dump_json(indent=2) + "\n")
    return path


def read_external(model: Path, version: str) -> dict[str, Metrics]:
    """Read the metrics of every external test set of this version of a model, by name."""
    paths = sorted((model / REPORT_NAME / FOLDER_NAME).glob("*.json"))
    found = {path.stem: read_json(path, Metrics) for path in paths}
    return {name: kept for name, kept in found.items() if kept and kept.model_version == version}
