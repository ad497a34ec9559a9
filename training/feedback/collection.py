"""A folder of photos that users corrected.

============================  ===========================================================================
``photos/<slug>/<id>.jpg``    A class folder a species, for `prepare`
``unknown/no-plant/``         Photos of no plant, for `export --unknown` and `evaluate --unknown`
``feedback.csv``              What was told of each, and which were left out
``origin.json``               Which table and bucket they are from
============================  ===========================================================================

A photo's time of modification is when it landed in the bucket: it tells whether a photo is the newest of its
key. Files with other names than an id are nobody's business here.
"""

import csv
import io
import json
import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath

from training.atomic_write import atomic_write
from training.errors import TrainingError
from training.feedback.correction import NO_PLANT, PHOTOS, Correction

ORIGIN_NAME, TABLE_NAME, DRAFT_NAME = "origin.json", "feedback.csv", ".draft"
_PHOTO = re.compile(r"([0-9a-f]{32})\.[a-z]+")
# Some file systems keep even seconds only.
_CLOCK_SECONDS = 2


class Collection:
    """The folder.

    Parameters
    ----------
    directory
        Made if it is not there.
    origin
        What identifies where the photos are from.

    Raises
    ------
    training.errors.TrainingError
        The folder holds something else, or photos from elsewhere, which would all be removed.
    """

    def __init__(self, directory: Path, origin: Mapping[str, str]) -> None:
        self.directory = directory
        self._check(origin)
        directory.mkdir(parents=True, exist_ok=True)
        atomic_write(directory / ORIGIN_NAME, json.dumps(dict(origin), indent=2) + "\n")
        (directory / DRAFT_NAME).unlink(missing_ok=True)
        self._photos = dict(self._found())

    def __contains__(self, correction: Correction) -> bool:
        """Tell whether the photo is there, the newest of its key."""
        path = self._photos.get(correction.identifier)
        return path is not None and _same_time(path, correction.landed_at)

    def path(self, correction: Correction) -> PurePosixPath:
        """Return where a photo that is there lies, from the folder."""
        return PurePosixPath(self._photos[correction.identifier].relative_to(self.directory).as_posix())

    def put(self, correction: Correction, photo: bytes, suffix: str) -> None:
        """Write a photo, whole or not at all, in the place of an older one."""
        draft = self.directory / DRAFT_NAME
        try:
            draft.write_bytes(photo)
            moment = correction.landed_at.timestamp()
            os.utime(draft, (moment, moment))
            self.remove(correction.identifier)
            self._move(draft, correction, suffix)
        finally:
            draft.unlink(missing_ok=True)

    def sort(self, correction: Correction) -> None:
        """Move a photo that is there to the folder of the species that is told now."""
        path = self._photos[correction.identifier]
        if path.parent != self.directory / correction.folder:
            self._move(path, correction, path.suffix)
            _tidy(path.parent)

    def keep_only(self, identifiers: Container[str]) -> int:
        """Remove every photo but these; return how many that were."""
        others = [identifier for identifier in self._photos if identifier not in identifiers]
        for identifier in others:
            self.remove(identifier)
        return len(others)

    def remove(self, identifier: str) -> None:
        """Remove a photo, if it is there, and a class folder that is empty then."""
        if path := self._photos.pop(identifier, None):
            path.unlink()
            _tidy(path.parent)

    def write_table(self, columns: Iterable[str], rows: Iterable[Mapping[str, object]]) -> None:
        """Write ``feedback.csv``."""
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, list(columns))
        table.writeheader()
        table.writerows(rows)
        atomic_write(self.directory / TABLE_NAME, text.getvalue())

    def _move(self, path: Path, correction: Correction, suffix: str) -> None:
        place = self.directory / correction.folder / f"{correction.identifier}{suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        self._photos[correction.identifier] = path.replace(place)

    def _check(self, origin: Mapping[str, str]) -> None:
        if not self.directory.exists() or (self.directory.is_dir() and not any(self.directory.iterdir())):
            return
        try:
            before = json.loads((self.directory / ORIGIN_NAME).read_bytes())
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"{self.directory} holds something that is no feedback; name another folder."
            ) from error
        if before != dict(origin):
            raise TrainingError(
                f"{self.directory} holds feedback from elsewhere ({ORIGIN_NAME}), which would be removed; "
                "name another folder."
            )

    def _found(self) -> Iterator[tuple[str, Path]]:
        folders = [*self.directory.glob(f"{PHOTOS}/*"), self.directory / NO_PLANT]
        for path in (path for folder in folders for path in folder.glob("*")):
            if name := _PHOTO.fullmatch(path.name):
                yield name[1], path


def _same_time(path: Path, landed_at: datetime) -> bool:
    return abs(path.stat().st_mtime - landed_at.timestamp()) < _CLOCK_SECONDS


def _tidy(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()
