"""Files of models on disk, by hash: the baked-in one and those that were downloaded."""

import tempfile
from pathlib import Path

from frond.manifest import ModelFile

MAX_FILES = 2


class ModelFiles:
    """The files of models on this machine.

    Parameters
    ----------
    baked_in
        The baked-in file, which needs no download.
    folder
        The folder of downloaded models; Lambda's ``/tmp`` outlives a process.
    """

    def __init__(self, baked_in: Path, folder: Path) -> None:
        self._baked_in, self._folder = baked_in, folder

    def of_size(self, file: ModelFile) -> list[Path]:
        """Return the files that may be this one; the size rules out most others without a hash."""
        return [path for path in (self._baked_in, self._path(file)) if _size(path) == file.size]

    def save(self, file: ModelFile, model: bytes) -> Path:
        """Write a model atomically, delete the oldest ones and return its path.

        Raises
        ------
        OSError
            It cannot be written.
        """
        path = self._path(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".draft", delete=False) as draft:
            draft.write(model)
        Path(draft.name).replace(path)
        for old in self._newest_first()[MAX_FILES:]:
            old.unlink(missing_ok=True)
        return path

    def _path(self, file: ModelFile) -> Path:
        return self._folder / f"{file.sha256}.tflite"

    def _newest_first(self) -> list[Path]:
        files = [(file.stat().st_mtime_ns, file) for file in self._folder.iterdir()]
        return [file for _, file in sorted(files, reverse=True)]


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
