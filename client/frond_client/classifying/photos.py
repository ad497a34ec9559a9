"""The photos that a person names: files, folders and patterns."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from frond_client.errors import FrondError
from frond_client.folders import files_below
from frond_client.formats import SUFFIXES, is_photo


@dataclass
class Found:
    """What was found.

    Attributes
    ----------
    photos
        In the order in which they were named, each once; one that was named itself may not exist.
    unreadable
        Folders that cannot be read, and why.
    passed_over
        How many files of folders and patterns are not photos.
    """

    photos: dict[Path, None] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    passed_over: int = 0

    def add(self, path: Path) -> None:
        """Take a file of a folder if it is named as a photo."""
        if is_photo(path.name):
            self.photos[path] = None
        else:
            self.passed_over += 1

    def refuse(self, error: OSError) -> None:
        """Note a folder that cannot be read."""
        self.unreadable.append((str(error.filename), f"It cannot be read: {error.strerror or error}."))


def search(names: Iterable[str]) -> Found:
    """Return the photos that files, folders and patterns name.

    Raises
    ------
    FrondError
        If there are none.
    """
    found = Found()
    for name in names:
        path = Path(name)
        if path.is_dir():
            _add_folder(found, path)
        elif not path.exists() and glob.has_magic(name):
            _add_pattern(found, name)
        else:
            # It was asked for by name: whether it is a photo the service knows best.
            found.photos[path] = None
    if not found.photos and not found.unreadable:
        raise FrondError(
            f"There are no photos in {', '.join(names)} ({found.passed_over} other files). "
            f"Photos are files with these endings: {SUFFIXES}."
        )
    return found


def _add_folder(found: Found, folder: Path) -> None:
    for path in files_below(folder, found.refuse):
        found.add(path)


def _add_pattern(found: Found, pattern: str) -> None:
    # Unlike Path.glob, this takes patterns that begin at the root.
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207
        path = Path(name)
        if path.is_dir():
            # With ** the files of a folder match, too; adding them twice adds them once.
            _add_folder(found, path)
        else:
            found.add(path)
