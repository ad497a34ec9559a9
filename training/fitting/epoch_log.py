"""Records of a run beside its folder, such as TensorBoard's."""

from collections.abc import Sequence
from typing import Protocol

from training.fitting.history import EpochRow
from training.fitting.run import Run, RunSettings


class EpochLog(Protocol):
    """Records the epochs of a run; only the first process has any."""

    def start(self, run: Run, settings: RunSettings, rows: Sequence[EpochRow]) -> None:
        """Begin, or go on after the epochs of ``rows``."""

    def add(self, row: EpochRow) -> None:
        """Record an epoch."""

    def finish(self, run: Run) -> None:
        """End the record of a finished run."""
