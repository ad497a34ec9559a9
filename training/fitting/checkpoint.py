"""Checkpoints: a killed run resumes after its last finished epoch."""

import re
from pathlib import Path

import keras

CHECKPOINTS = "checkpoints"
NAME = re.compile(r"epoch-(\d{4})\.keras")


def epochs_of(name: str) -> int | None:
    """Return the number of epochs of a checkpoint's file name; None for another file."""
    match = NAME.fullmatch(name)
    return int(match[1]) if match else None


class Checkpoints:
    """The checkpoints of a run: weights and optimizer state, with the epoch in the file name.

    Epoch and seed alone decide every random number (:meth:`training.data.batches.BatchLoader.batch`,
    :func:`training.networks.network.begin_epoch`), so nothing else has to be saved. A checkpoint is renamed
    into place, so it is always complete.

    Parameters
    ----------
    keep
        How many to keep. A run resumes after the latest: without it, after the one before.
    """

    def __init__(self, directory: Path, keep: int = 1) -> None:
        self.directory, self.keep = directory, keep
        directory.mkdir(parents=True, exist_ok=True)

    def latest(self) -> tuple[int, Path] | None:
        """Return the number of epochs of the last checkpoint, and its path; None if there is none."""
        found = ((epochs_of(path.name), path) for path in self.directory.iterdir())
        return max(((epochs, path) for epochs, path in found if epochs is not None), default=None)

    def save(self, model: keras.Model, epochs: int) -> Path:
        """Write a checkpoint, then delete the earlier ones; return its path."""
        draft = self.directory / "draft.keras"
        model.save(draft)
        target = self.directory / f"epoch-{epochs:04d}.keras"
        draft.replace(target)
        for path in sorted(self.directory.glob("epoch-*.keras"))[: -self.keep]:
            path.unlink()
        return target
