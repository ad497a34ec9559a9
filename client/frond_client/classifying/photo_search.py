"""Find photos by files, folders and patterns."""

import glob
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from frond_client.errors import FrondError, read_error_message
from frond_client.formats import EXTENSIONS, is_passed_over, is_photo, is_special_file, walk_files


@dataclass
class FoundPhotos:
    """The result of a search.

    Attributes
    ----------
    photos
        Each once, in the order of the arguments. A file that is an argument itself may not exist.
    unreadable
        Folders that cannot be read and special files that are arguments, and why.
    skipped
        The number of files in folders and patterns that are not photos.
    special
        Named pipes, sockets and devices in folders and patterns.
    """

    photos: dict[Path, None] = field(default_factory=dict)
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    skipped: int = 0
    special: set[Path] = field(default_factory=set)

    def add(self, path: Path) -> None:
        """Add a file if it has the extension of a photo."""
        if is_special_file(path):
            self.special.add(path)
        elif is_photo(path.name):
            self.photos[path] = None
        else:
            self.skipped += 1

    def add_unreadable(self, error: OSError) -> None:
        """Add a folder that cannot be read."""
        self.unreadable.append((str(error.filename), read_error_message(error)))


def find_photos(names: Iterable[str]) -> FoundPhotos:
    """Find the photos of files, folders and patterns.

    Raises
    ------
    FrondError
        If there are none.
    """
    found = FoundPhotos()
    for name in names:
        path = Path(name)
        if path.is_dir():
            _add_folder(found, path)
        elif not path.exists() and glob.has_magic(name):
            _add_pattern(found, name)
        elif is_special_file(path) and not _is_open_file(path):
            found.unreadable.append((name, "It is not a file."))
        else:
            # The service decides whether an explicit file is a photo.
            found.photos[path] = None
    if not found.photos and not found.unreadable:
        raise FrondError(
            f"There are no photos in {', '.join(names)} ({found.skipped} other files). "
            f"Photos have these extensions: {EXTENSIONS}."
        )
    return found


def _add_folder(found: FoundPhotos, folder: Path) -> None:
    for path in walk_files(folder, found.add_unreadable):
        found.add(path)


def _add_pattern(found: FoundPhotos, pattern: str) -> None:
    # Unlike Path.glob, this takes absolute patterns.
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207
        path = Path(name)
        if any(map(is_passed_over, set(path.parts) - set(Path(pattern).parts) - {".."})):
            continue
        if path.is_dir():
            # ** also matches the files of this folder; the dictionary drops duplicates.
            _add_folder(found, path)
        else:
            found.add(path)


def _is_open_file(path: Path) -> bool:
    """Return whether a path is a file that the shell has opened, as of ``<(…)`` or ``/dev/stdin``."""
    return path == Path("/dev/stdin") or path.parent in {Path("/dev/fd"), Path("/proc/self/fd")}
