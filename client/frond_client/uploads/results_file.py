"""The CSV file of results: a row for each photo that is finished."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from frond_client.csv_row import COLUMNS, HEADER, Row
from frond_client.errors import FrondError
from frond_client.uploads.results import FINAL


class ResultsFile:
    """A CSV file that grows by whole rows; it is made with the first of them.

    Parameters
    ----------
    path
        Of the file. A last row that a fault cut off is dropped.

    Raises
    ------
    FrondError
        If the file is something else, or cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_whole = False
        self.rows = self._read()
        if not os.access(path.parent, os.W_OK):
            raise FrondError(f"{path} cannot be written: {path.parent} is no folder to write in.")

    def append(self, row: Row) -> None:
        """Add a row.

        Raises
        ------
        FrondError
            If it cannot be written.
        """
        if not self._is_whole:
            self._rewrite()
        line = row.line
        try:
            with self.path.open("ab", buffering=0) as file:
                if file.write(line) != len(line):
                    raise FrondError(f"{self.path} could not take a whole row. Is the disk full?")
        except OSError as error:
            raise FrondError(f"{self.path} cannot be written: {error}.") from error
        self.rows[row.key] = row

    def forget(self, keys: Iterable[str]) -> None:
        """Remove the rows of photos that are to be classified anew.

        Raises
        ------
        FrondError
            If the file cannot be written.
        """
        gone = self.rows.keys() & set(keys)
        if gone:
            self.rows = {key: row for key, row in self.rows.items() if key not in gone}
            self._rewrite()

    def _read(self) -> dict[str, Row]:
        try:
            content = self.path.read_bytes()
            whole = _whole_rows(content)
            rows = list(_rows(whole))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise FrondError(f"{self.path} cannot be read: {error}. Name another with --to.") from error
        except (ValueError, TypeError, csv.Error) as error:
            raise FrondError(f"{self.path} is not a file of results. Name another with --to.") from error
        if not whole and not HEADER.startswith(content):
            raise FrondError(f"{self.path} is not a file of results. Name another with --to.")
        self._is_whole = bool(whole) and whole == content
        return {row.key: row for row in rows if row.status in FINAL}

    def _rewrite(self) -> None:
        """Write the file anew; it is always the old one or the new one."""
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            draft.write_bytes(HEADER + b"".join(row.line for row in self.rows.values()))
            draft.replace(self.path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise FrondError(f"{self.path} cannot be written: {error}.") from error
        self._is_whole = True


def _rows(content: bytes) -> Iterator[Row]:
    """Yield the rows of a file; a program for spreadsheets may have saved it in its own way."""
    reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    if content and reader.fieldnames != COLUMNS:
        raise ValueError("other columns")
    for row in reader:
        yield Row(**row)


def _whole_rows(content: bytes) -> bytes:
    """Return a file up to the end of its last whole row; a line within quotes ends no row."""
    end = position = quotes = 0
    for line in content.split(b"\n")[:-1]:
        position += len(line) + 1
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            end = position
    return content[:end]
