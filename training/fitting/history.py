"""What a run measured, a row an epoch, on disk from the moment it is measured."""

import csv
from pathlib import Path

Row = dict[str, float]


class History:
    """The table of a run; its columns are those of its first row."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[Row] = []
        if path.exists():
            with path.open(encoding="utf-8", newline="") as lines:
                self.rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(lines)]

    def keep(self, epochs: int) -> None:
        """Forget epochs that were measured but not checkpointed; they are run again."""
        self.rows = self.rows[:epochs]

    def best(self, stage: int) -> float:
        """Return the best validation macro F1 of a stage so far, 0 to 1, or -1 before its first epoch."""
        return max((row["val_f1"] for row in self.rows if row["stage"] == stage), default=-1.0)

    def is_best(self, row: Row) -> bool:
        """Tell whether an epoch beats those of its stage so far: by macro F1, of equals by loss.

        A few hundred photos often measure the same F1 epoch after epoch; the loss still tells them apart.
        """
        rank = _rank(row)
        return all(rank > _rank(other) for other in self.rows if other["stage"] == row["stage"])

    def add(self, row: Row) -> None:
        """Append a row and write the file anew."""
        self.rows.append(row)
        draft = self.path.with_suffix(".draft")
        with draft.open("w", encoding="utf-8", newline="") as lines:
            writer = csv.DictWriter(lines, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)
        draft.replace(self.path)


def _rank(row: Row) -> tuple[float, float]:
    return row["val_f1"], -row["val_loss"]
