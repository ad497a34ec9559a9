"""TensorBoard's log of a run: the scalars of its history."""

from collections.abc import Sequence
from pathlib import Path

from tensorboardX import SummaryWriter

from training.fitting.history import EpochRow
from training.fitting.run import Run, RunSettings

TRAIN, VALIDATION, PREFIX = "train", "validation", "val_"
# Columns of the history that are no scalars.
LEFT_OUT = {"epoch", "stage"}


class TensorBoardLog:
    """Event files in ``FOLDER/train`` and ``FOLDER/validation``, one step an epoch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def start(self, run: Run, settings: RunSettings, rows: Sequence[EpochRow]) -> None:
        """Write the epochs so far; TensorBoard drops what an earlier process wrote."""
        self.writers = {
            split: SummaryWriter(str(self.folder / split), purge_step=0) for split in (TRAIN, VALIDATION)
        }
        for row in rows:
            self.add(row)

    def add(self, row: EpochRow) -> None:
        """Write an epoch."""
        for name, value in row.items():
            if name not in LEFT_OUT:
                split = VALIDATION if name.startswith(PREFIX) else TRAIN
                self.writers[split].add_scalar(name.removeprefix(PREFIX), value, int(row["epoch"]))
        for writer in self.writers.values():
            writer.flush()

    def finish(self, run: Run) -> None:
        """Close the files."""
        for writer in self.writers.values():
            writer.close()
