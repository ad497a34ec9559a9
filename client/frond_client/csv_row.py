"""A classification as a row of a CSV file."""

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, astuple, dataclass, fields
from typing import Any, Self

from frond_client.csv_cell import neutralize, restore
from frond_client.exif import ExifTags

_NUMERIC = {"confidence", "second_confidence", "latitude", "longitude"}
_NO_TAGS = ExifTags()


@dataclass(frozen=True)
class ResultRow:
    """A final classification; the fields are the columns, empty where a value is missing.

    `taken_at`, `latitude` and `longitude` come from the photo and were read on this device.
    """

    file: str
    key: str
    id: str
    status: str
    verdict: str
    species: str
    scientific_name: str
    common_name: str
    confidence: str
    second_species: str
    second_confidence: str
    error: str
    model_version: str
    # Files of earlier versions end here.
    taken_at: str = ""
    latitude: str = ""
    longitude: str = ""
    tag: str = ""
    answered_at: str = ""

    @classmethod
    def from_classification(
        cls,
        document: dict[str, Any],
        *,
        file: str,
        key: str = "",
        identifier: str = "",
        exif: ExifTags = _NO_TAGS,
    ) -> Self:
        """Return the row of a classification.

        Parameters
        ----------
        document
            The classification as JSON.
        file
            Path of its photo.
        key
            Of the photo in the uploads bucket, if it was uploaded.
        identifier
            Id of the classification, if the document has none.
        exif
            Time and place of the photo.

        Raises
        ------
        AttributeError, TypeError
            If the document is not a classification.
        """
        first, second = [*(document.get("predictions") or []), {}, {}][:2]
        error = document.get("error") or {}
        model = document.get("model") or {}
        return cls(
            file=file,
            key=key,
            id=identifier or _cell(document, "id"),
            status=document["status"],
            verdict=_cell(document, "verdict"),
            species=_cell(first, "species"),
            scientific_name=_cell(first, "scientific_name"),
            common_name=_cell(first, "common_name"),
            confidence=_cell(first, "confidence"),
            second_species=_cell(second, "species"),
            second_confidence=_cell(second, "confidence"),
            error=_cell(error, "detail") or _cell(error, "title") or _cell(error, "type"),
            model_version=_cell(model, "version"),
            taken_at=exif.taken_at_utc,
            latitude=_cell(vars(exif), "latitude"),
            longitude=_cell(vars(exif), "longitude"),
            tag=_cell(document, "tag"),
            answered_at=_cell(document, "created_at"),
        )

    @classmethod
    def parse(cls, cells: dict[str, str]) -> Self:
        """Return the row of the cells of `line`, by column.

        Raises
        ------
        TypeError
            If the columns are others.
        """
        return cls(**{name: restore(cell) for name, cell in cells.items()})

    @property
    def line(self) -> bytes:
        """The row as a line of CSV, which a spreadsheet program does not execute."""
        return csv_line(dict(zip(COLUMNS, astuple(self), strict=True)), _NUMERIC)


def csv_line(cells: Mapping[str, str], numeric: Collection[str]) -> bytes:
    """Return a line of CSV, which a spreadsheet program does not execute.

    Parameters
    ----------
    cells
        By column.
    numeric
        The columns of numbers, which may begin with a minus sign.
    """
    return _line(
        cell if name in numeric and _is_number(cell) else neutralize(cell) for name, cell in cells.items()
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    # float() strips tabs and line breaks.
    return cell == cell.strip()


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().removesuffix("\r\n").encode() + b"\n"


COLUMNS = [each.name for each in fields(ResultRow)]
EARLIER_COLUMNS = [each.name for each in fields(ResultRow) if each.default is MISSING]
HEADER = _line(COLUMNS)


def _cell(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return "" if value is None else str(value)
