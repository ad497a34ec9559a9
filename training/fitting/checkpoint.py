"""Checkpoints: a killed run resumes after its last finished epoch."""

import re
from pathlib import Path

import keras

NAME = re.compile(r"^epoch-(\d{4})\.keras$")


class Checkpoints:
    """The checkpoints of a run: weights and optimizer state, with the epoch in the file name.

    Epoch and seed alone decide every random number (:meth:`training.data.batches.BatchLoader.batch`,
    :func:`training.networks.network.begin_epoch`), so nothing else has to be saved. A checkpoint is renamed
    into place, so it is always complete.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def latest(self) -> tuple[int, Path] | None:
        """Return the number of epochs of the last checkpoint, and its path; None if there is none."""
        found = ((NAME.match(path.name), path) for path in self.directory.iterdir())
        finished = sorted((int(match[1]), path) for match, path in found if match)
        return finished[-1] if finished else None

    def save(self, model: keras.Model, epochs: int) -> None:
        """Write a checkpoint, then delete the earlier ones."""
        draft = self.directory / "draft.keras"
        model.save(draft)
        target = self.directory / f"epoch-{epochs:04d}.keras"
        draft.replace(target)
        for path in self.directory.glob("epoch-*.keras"):
            if path != target:
                path.unlink()
