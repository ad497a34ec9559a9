"""A folder of corrected photos.

============================  ===========================================================================
``photos/<slug>/<id>.jpg``    One folder per species, for `prepare`
``unknown/no-plant/``         Photos of no plant, for `export --unknown` and `evaluate --unknown`
``feedback.csv``              The correction of each photo, and the skipped ones
``origin.json``               The table and bucket that they come from
============================  ===========================================================================

A photo's modification time is its time of upload, which identifies the newest photo of a key. Files whose
name is not an id are ignored.
"""

import csv
import io
import json
import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath

from frond.csv_cell import neutralize
from training.atomic_write import atomic_write
from training.errors import TrainingError
from training.feedback.correction import NO_PLANT, PHOTOS, Correction

ORIGIN_NAME, TABLE_NAME, DRAFT_NAME = "origin.json", "feedback.csv", ".draft"
_PHOTO = re.compile(r"([0-9a-f]{32})\.[a-z]+")
# Some file systems store times with a resolution of two seconds.
_CLOCK_SECONDS = 2


class PhotoCollection:
    """A folder of corrected photos.

    Parameters
    ----------
    directory
        Created if missing.
    origin
        Identifies the stack that the photos come from.

    Raises
    ------
    training.errors.TrainingError
        The folder holds other files, or photos of another stack, which would all be removed.
    """

    def __init__(self, directory: Path, origin: Mapping[str, str]) -> None:
        self.directory = directory
        self._check(origin)
        directory.mkdir(parents=True, exist_ok=True)
        atomic_write(directory / ORIGIN_NAME, json.dumps(dict(origin), indent=2) + "\n")
        (directory / DRAFT_NAME).unlink(missing_ok=True)
        self._photos = dict(self._existing_photos())

    def __contains__(self, correction: Correction) -> bool:
        """Return whether the newest photo of its key is in the folder."""
        path = self._photos.get(correction.identifier)
        return path is not None and _same_time(path, correction.uploaded_at)

    def path(self, correction: Correction) -> PurePosixPath:
        """Return a photo's path, relative to the folder."""
        return PurePosixPath(self._photos[correction.identifier].relative_to(self.directory).as_posix())

    def put(self, correction: Correction, photo: bytes, suffix: str) -> None:
        """Write a photo atomically, replacing an older one."""
        draft = self.directory / DRAFT_NAME
        try:
            draft.write_bytes(photo)
            moment = correction.uploaded_at.timestamp()
            os.utime(draft, (moment, moment))
            self.remove(correction.identifier)
            self._move(draft, correction, suffix)
        finally:
            draft.unlink(missing_ok=True)

    def move_to_species(self, correction: Correction) -> None:
        """Move a photo to the folder of its current species."""
        path = self._photos[correction.identifier]
        if path.parent != self.directory / correction.folder:
            self._move(path, correction, path.suffix)
            _remove_if_empty(path.parent)

    def keep_only(self, identifiers: Container[str]) -> int:
        """Remove every other photo; return the number removed."""
        others = [identifier for identifier in self._photos if identifier not in identifiers]
        for identifier in others:
            self.remove(identifier)
        return len(others)

    def remove(self, identifier: str) -> None:
        """Remove a photo, if it exists, and its class folder if that is empty then."""
        if path := self._photos.pop(identifier, None):
            path.unlink()
            _remove_if_empty(path.parent)

    def write_table(self, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
        """Write ``feedback.csv``; text that a spreadsheet program would execute is neutralized."""
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, list(columns))
        table.writeheader()
        table.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
        atomic_write(self.directory / TABLE_NAME, text.getvalue())

    def _move(self, path: Path, correction: Correction, suffix: str) -> None:
        target = self.directory / correction.folder / f"{correction.identifier}{suffix}"
        target.parent.mkdir(parents=True, exist_ok=True)
        self._photos[correction.identifier] = path.replace(target)

    def _check(self, origin: Mapping[str, str]) -> None:
        if not self.directory.exists() or (self.directory.is_dir() and not any(self.directory.iterdir())):
            return
        try:
            before = json.loads((self.directory / ORIGIN_NAME).read_bytes())
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"{self.directory} holds other files than feedback; name another folder."
            ) from error
        if before != dict(origin):
            raise TrainingError(
                f"{self.directory} holds feedback of another stack ({ORIGIN_NAME}), which would be removed; "
                "name another folder."
            )

    def _existing_photos(self) -> Iterator[tuple[str, Path]]:
        folders = [*self.directory.glob(f"{PHOTOS}/*"), self.directory / NO_PLANT]
        for path in (path for folder in folders for path in folder.glob("*")):
            if name := _PHOTO.fullmatch(path.name):
                yield name[1], path


def _cell(value: object) -> object:
    return value if value is None or isinstance(value, int | float) else neutralize(str(value))


def _same_time(path: Path, uploaded_at: datetime) -> bool:
    return abs(path.stat().st_mtime - uploaded_at.timestamp()) < _CLOCK_SECONDS


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
