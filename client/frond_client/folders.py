"""The files of a folder."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path


def files_below(folder: Path, unreadable: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield a folder's files at any depth, in the order of their names; hidden ones are left out.

    Parameters
    ----------
    unreadable
        Called for each folder that cannot be read.
    """
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith("."):
                yield Path(parent, name)
