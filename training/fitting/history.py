"""The metrics of a run, one row per epoch, written after each epoch."""

import csv
from pathlib import Path

EpochRow = dict[str, float]


class History:
    """The metrics table of a run; the first row sets the columns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[EpochRow] = []
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                self.rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(lines)]

    def truncate(self, epochs: int) -> None:
        """Drop the epochs after the last checkpoint; they are run again."""
        self.rows = self.rows[:epochs]

    def best(self, stage: int) -> float:
        """Return a stage's best validation macro F1, 0 to 1; -1 before its first epoch."""
        return max((row["val_f1"] for row in self.rows if row["stage"] == stage), default=-1.0)

    def is_best(self, row: EpochRow) -> bool:
        """Return whether an epoch is the best of its stage: by macro F1, then by loss.

        With a few hundred photos F1 is often equal from epoch to epoch; the loss breaks the tie.
        """
        rank = _rank(row)
        return all(rank > _rank(other) for other in self.rows if other["stage"] == row["stage"])

    def add(self, row: EpochRow) -> None:
        """Append a row and rewrite the file."""
        self.rows.append(row)
        draft = self.path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
        draft.replace(self.path)


def _rank(row: EpochRow) -> tuple[float, float]:
    return row["val_f1"], -row["val_loss"]
