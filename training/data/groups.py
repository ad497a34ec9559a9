"""Groups of photos that stay in one split: of one plant, plot, date, site or camera.

Photos of one plant are alike, so a model that was trained on some of them is not tested by the others.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from training.data.capture import Capture
from training.errors import TrainingError

EXIF = "exif"
# Handheld photos of one plant follow each other in seconds; the walk to the next one takes longer.
BURST_SECONDS = 20
SEPARATOR = " / "
_PATH_COLUMNS = ("path", "source", "file", "filename", "photo")


class Grouping(Protocol):
    """A rule that names the group of each photo."""

    @property
    def text(self) -> str:
        """The option, with the file name alone of a table."""
        ...

    @property
    def table(self) -> Path | None:
        """The file that the groups are read from, if any."""
        ...

    def names(self, sources: Sequence[str], captures: Sequence[Capture | None]) -> list[str]:
        """Return the name of each photo's group; empty for a photo of no group.

        Parameters
        ----------
        sources
            Paths from the source's root, with slashes.
        captures
            Time and camera of each photo.

        Raises
        ------
        training.errors.TrainingError
            No photo has a group.
        """
        ...


@dataclass(frozen=True, slots=True)
class PatternGroups:
    """Groups by a regular expression on the path: its captured parts, or all of its match."""

    text: str
    pattern: re.Pattern[str]
    table: Path | None = None

    def names(self, sources: Sequence[str], captures: Sequence[Capture | None]) -> list[str]:  # noqa: ARG002
        """Return the captured parts of each path."""
        names = [self._name(source) for source in sources]
        if not any(names):
            raise TrainingError(
                f"--group {self.text!r} matches no path, such as {sources[0]!r}; it is a regular expression, "
                "searched in the path from the source's root."
            )
        return names

    def _name(self, source: str) -> str:
        match = self.pattern.search(source)
        if match is None:
            return ""
        return SEPARATOR.join(part or "" for part in match.groups()) or match.group()


@dataclass(frozen=True, slots=True)
class TableGroups:
    """Groups by columns of a CSV table with a row for each photo."""

    text: str
    table: Path
    groups: Mapping[str, str]

    def names(self, sources: Sequence[str], captures: Sequence[Capture | None]) -> list[str]:  # noqa: ARG002
        """Return the cells of each photo's row."""
        names = [self.groups.get(source, "") for source in sources]
        if not any(names):
            raise TrainingError(
                f"--group {self.text}: the table has no row of a photo, such as {sources[0]!r}; its column "
                f"{' or '.join(_PATH_COLUMNS)} holds paths from the source's root."
            )
        return names


@dataclass(frozen=True, slots=True)
class BurstGroups:
    """Groups by EXIF time and camera: photos that follow each other within so many seconds."""

    text: str
    seconds: float = BURST_SECONDS
    table: Path | None = None

    def names(self, sources: Sequence[str], captures: Sequence[Capture | None]) -> list[str]:
        """Return the camera and the first time of each photo's burst."""
        if not any(captures):
            raise TrainingError(f"--group {self.text}: no photo has an EXIF time.")
        names = [""] * len(sources)
        dated = sorted(
            (capture.camera, capture.time, photo) for photo, capture in enumerate(captures) if capture
        )
        for place, (camera, time, photo) in enumerate(dated):
            before = dated[place - 1] if place else None
            follows = before and before[0] == camera and time - before[1] <= timedelta(seconds=self.seconds)
            names[photo] = names[before[2]] if before and follows else f"{camera} {time:%Y-%m-%d %H:%M:%S}"
        return names


def parse_grouping(text: str) -> Grouping:
    """Return the grouping of a ``--group`` option.

    Parameters
    ----------
    text
        ``exif`` or ``exif:SECONDS``; a table ``FILE.csv:COLUMN``, with several columns joined by commas; else
        a regular expression.

    Raises
    ------
    training.errors.TrainingError
        The table cannot be read or lacks a column, or the expression is invalid.
    """
    name, _, option = text.partition(":")
    if name == EXIF:
        return BurstGroups(text, _seconds(option) if option else BURST_SECONDS)
    if table := _table_of(text):
        columns = text.removeprefix(str(table)).removeprefix(":")
        return TableGroups(f"{table.name}:{columns}", table, _read_table(table, columns))
    try:
        return PatternGroups(text, re.compile(text))
    except re.error as error:
        raise TrainingError(f"--group {text!r} is no regular expression: {error}") from error


def _table_of(text: str) -> Path | None:
    """Return the CSV file that a ``--group`` option names, if it names one."""
    match = re.fullmatch(r"(.+\.csv)(:[^:/]*)?", text, re.IGNORECASE)
    return Path(match[1]) if match else None


def propose_bursts(captures: Sequence[Capture | None]) -> str | None:
    """Return a note that proposes groups by EXIF time and camera; None where they would join no photos."""
    if not any(captures):
        return None
    names = BurstGroups(EXIF).names([""] * len(captures), captures)
    dated = [name for name in names if name]
    bursts = len(set(dated))
    if bursts == len(dated):
        return None
    return (
        f"by EXIF time and camera, {len(dated)} photos were taken in {bursts} bursts; `--group {EXIF}` keeps "
        "each in one split"
    )


def _seconds(option: str) -> float:
    try:
        seconds = float(option)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < float("inf"):
        raise TrainingError(f"--group {EXIF}:{option} needs a number of seconds after the colon.")
    return seconds


def _read_table(path: Path, columns: str) -> dict[str, str]:
    wanted = [column.strip() for column in columns.split(",") if column.strip()]
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines)
            rows, header = list(reader), list(reader.fieldnames or [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"--group {path} cannot be read: {error}") from error
    key = next((column for column in header if column.casefold() in _PATH_COLUMNS), None)
    missing = [column for column in wanted if column not in header]
    if key is None or not wanted or missing:
        raise TrainingError(
            f"--group {path}:{columns} needs a column {' or '.join(_PATH_COLUMNS)} with the paths, and names "
            f"the columns of the group after a colon; {path.name} has {', '.join(header) or 'no columns'}."
        )
    return {row[key] or "": _joined(row, wanted) for row in rows}


def _joined(row: Mapping[str, str | None], columns: Sequence[str]) -> str:
    cells = [(row[column] or "").strip() for column in columns]
    return SEPARATOR.join(cells) if any(cells) else ""
