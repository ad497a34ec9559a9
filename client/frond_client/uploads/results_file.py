"""The CSV file of results: a row for each final classification."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from frond_client.csv_row import COLUMNS, EARLIER_COLUMNS, HEADER, ResultRow
from frond_client.errors import FrondError
from frond_client.uploads.results_bucket import FINAL_STATUSES


class ResultsFile:
    """A CSV file that grows by whole rows. The first row creates it.

    Parameters
    ----------
    path
        Of the file. An incomplete last row, as after a crash, is dropped.

    Raises
    ------
    FrondError
        If it is another kind of file, or cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_complete = False
        self.rows = self._read()
        if not os.access(path.parent, os.W_OK):
            raise FrondError(f"{path} cannot be written: {path.parent} is no writable folder.")

    def append(self, row: ResultRow) -> None:
        """Add a row.

        Raises
        ------
        FrondError
            If it cannot be written.
        """
        if not self._is_complete:
            self._rewrite()
        line = row.line
        try:
            with self.path.open("ab", buffering=0) as file:
                if file.write(line) != len(line):
                    raise FrondError(f"{self.path} has no space for a whole row. Is the disk full?")
        except OSError as error:
            raise FrondError(f"{self.path} cannot be written: {error}.") from error
        self.rows[row.key] = row

    def remove(self, keys: Iterable[str]) -> None:
        """Remove the rows of photos that will be classified again.

        Raises
        ------
        FrondError
            If the file cannot be written.
        """
        removed = self.rows.keys() & set(keys)
        if removed:
            self.rows = {key: row for key, row in self.rows.items() if key not in removed}
            self._rewrite()

    def _read(self) -> dict[str, ResultRow]:
        try:
            content = self.path.read_bytes()
            complete = _complete_rows(content)
            rows = list(_parse_rows(complete))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise FrondError(f"{self.path} cannot be read: {error}. Choose another with --output.") from error
        except (ValueError, TypeError, csv.Error) as error:
            raise FrondError(self._not_results) from error
        if not complete and not HEADER.startswith(content):
            raise FrondError(self._not_results)
        # The columns of an earlier version are completed with the next row.
        self._is_complete = bool(complete) and complete == content and _column_names(complete) == COLUMNS
        return {row.key: row for row in rows if row.status in FINAL_STATUSES}

    @property
    def _not_results(self) -> str:
        return f"{self.path} is not a file of results. Choose another with --output."

    def _rewrite(self) -> None:
        """Replace the file atomically."""
        temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(HEADER + b"".join(row.line for row in self.rows.values()))
            temporary.replace(self.path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise FrondError(f"{self.path} cannot be written: {error}.") from error
        self._is_complete = True


def _parse_rows(content: bytes) -> Iterator[ResultRow]:
    """Yield the rows of a file, which a spreadsheet program may have saved with a BOM and CRLF."""
    if content and _column_names(content) not in (COLUMNS, EARLIER_COLUMNS):
        raise ValueError("other columns")
    for row in csv.DictReader(_text(content), strict=True):
        yield ResultRow.parse(row)


def _column_names(content: bytes) -> list[str]:
    return next(csv.reader(_text(content), strict=True), [])


def _text(content: bytes) -> io.StringIO:
    return io.StringIO(content.decode("utf-8-sig"), newline="")


def _complete_rows(content: bytes) -> bytes:
    """Return a file up to the end of its last complete row; line breaks within quotes end no row."""
    end = position = quotes = 0
    for line in content.split(b"\n")[:-1]:
        position += len(line) + 1
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            end = position
    return content[:end]
