"""The files of a run in S3. Each process trains on a copy of its own; the first one uploads it."""

import shutil
from pathlib import Path

from training.errors import TrainingError
from training.fitting.checkpoint import CHECKPOINTS, epochs_of
from training.s3_folder import S3Folder


class S3Run:
    """A run in S3 and its copy on this machine.

    Parameters
    ----------
    folder
        Holds what a run's folder holds.
    copy
        The folder of the copy.
    keep
        How many checkpoints to keep.
    """

    def __init__(self, folder: S3Folder, copy: Path, keep: int = 1) -> None:
        self.folder, self.copy, self.keep = folder, copy, keep
        self.fetched: dict[str, str] = {}
        self.uploaded: dict[str, tuple[int, int]] = {}

    def start_copy(self) -> None:
        """Replace the copy by what S3 has: the latest checkpoint, and every other file."""
        shutil.rmtree(self.copy, ignore_errors=True)
        checkpoints = self._checkpoints()
        if checkpoints:
            name = checkpoints[max(checkpoints)]
            (self.copy / name).parent.mkdir(parents=True)
            self.folder.download(name, self.copy / name)
        self.fetch()

    def fetch(self) -> None:
        """Download what has changed in S3, but no checkpoint."""
        self.copy.mkdir(parents=True, exist_ok=True)
        for name, etag in self.folder.etags().items():
            if "/" in name or self.fetched.get(name) == etag:
                continue
            draft = self.copy / f".{name}"
            self.folder.download(name, draft)
            draft.replace(self.copy / name)
            self.fetched[name], self.uploaded[name] = etag, _version(self.copy / name)

    def store(self) -> None:
        """Upload what has changed in the copy, but no checkpoint."""
        for path in sorted(self.copy.iterdir()):
            if path.is_file() and self.uploaded.get(path.name) != _version(path):
                self.folder.upload(path, path.name)
                self.uploaded[path.name] = _version(path)

    def store_epoch(self, checkpoint: Path) -> None:
        """Upload what an epoch has changed. The checkpoint is last, because a run resumes after it.

        Raises
        ------
        training.errors.TrainingError
            S3 has this epoch, so another process trains the run; or it refuses a file.
        """
        name, epochs = f"{CHECKPOINTS}/{checkpoint.name}", epochs_of(checkpoint.name) or 0
        stored = self._checkpoints()
        if stored and max(stored) >= epochs:
            raise TrainingError(f"Another process trains the run in {self.folder}; let one of them end.")
        self.store()
        self.folder.upload(checkpoint, name)
        stored[epochs] = name
        for number in sorted(stored)[: -self.keep]:
            self.folder.delete(stored[number])

    def discard_copy(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self.copy, ignore_errors=True)

    def _checkpoints(self) -> dict[int, str]:
        """Return the name of each checkpoint in S3 by its number of epochs."""
        names = (name for name in self.folder.etags() if name.startswith(f"{CHECKPOINTS}/"))
        found = {epochs_of(name.removeprefix(f"{CHECKPOINTS}/")): name for name in names}
        return {epochs: name for epochs, name in found.items() if epochs is not None}


def _version(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size
