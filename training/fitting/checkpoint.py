"""The state of a run on disk: kill it at any moment, and it goes on from its last finished epoch."""

import re
from pathlib import Path

import keras

NAME = re.compile(r"^epoch-(\d{4})\.keras$")


class Checkpoints:
    """The checkpoints of a run; each holds weights and optimizer, and its epoch in its name.

    Epoch and seed decide everything random (:meth:`training.data.batches.Feed.epoch`,
    :func:`training.networks.network.begin_epoch`), so that is all a run needs to go on. A checkpoint appears
    by a rename, so one that is there is whole.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def latest(self) -> tuple[int, Path] | None:
        """Return how many epochs the last checkpoint has seen, and where it is."""
        found = ((NAME.match(path.name), path) for path in self.directory.iterdir())
        finished = sorted((int(match[1]), path) for match, path in found if match)
        return finished[-1] if finished else None

    def save(self, model: keras.Model, epochs: int) -> None:
        """Write a checkpoint, then drop the ones before it."""
        draft = self.directory / "draft.keras"
        model.save(draft)
        target = self.directory / f"epoch-{epochs:04d}.keras"
        draft.replace(target)
        for path in self.directory.glob("epoch-*.keras"):
            if path != target:
                path.unlink()
