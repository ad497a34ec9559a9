"""A list of photos to leave out or to relabel, as the page of ``training clean`` saves it.

A CSV file with the columns ``source`` (the path from the source's root) and ``label`` (the right class
folder, or nothing to leave the photo out).
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from frond.csv_cell import restore
from training.errors import TrainingError

COLUMNS = ("source", "label")


@dataclass(frozen=True, slots=True)
class LabelIssues:
    """The right class folder of each photo with a wrong one; empty for a photo of no class."""

    labels: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None

    def apply(self, files: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return the ``(class folder, key)`` of every file that is left, with its right class folder.

        Raises
        ------
        training.errors.TrainingError
            A label is no class folder of the source.
        """
        folders = {folder for folder, _ in files}
        unknown = sorted({label for label in self.labels.values() if label} - folders)
        if unknown:
            raise TrainingError(
                f"{self.path} relabels photos as {', '.join(unknown)}, which is no class folder; there are "
                f"{', '.join(sorted(folders))}."
            )
        right = ((self.labels.get(key, folder), key) for folder, key in files)
        return sorted((folder, key) for folder, key in right if folder)

    def notes(self, files: Sequence[tuple[str, str]]) -> list[str]:
        """Return sentences for the data card."""
        found = [self.labels[key] for _, key in files if key in self.labels]
        excluded = found.count("")
        notes = []
        if found:
            notes.append(
                f"by the list of label issues {excluded} photos were left out and "
                f"{len(found) - excluded} relabelled"
            )
        if missing := len(self.labels) - len(found):
            notes.append(f"the list of label issues names {missing} photos that the source does not have")
        return notes


def read_label_issues(path: Path | None) -> LabelIssues:
    """Read a list; without a path it is empty.

    Raises
    ------
    training.errors.TrainingError
        The file cannot be read, or lacks a column.
    """
    if path is None:
        return LabelIssues()
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{path} cannot be read: {error}") from error
    if rows and not set(COLUMNS) <= rows[0].keys():
        raise TrainingError(f"{path} needs the columns {' and '.join(COLUMNS)}.")
    return LabelIssues({restore(row["source"]): restore(row["label"] or "").strip() for row in rows}, path)
