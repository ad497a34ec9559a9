"""What is kept of a classification in a table: a row of a CSV file."""

import csv
import io
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Row:
    """What is kept of a finished photo; the fields are the columns, empty for what there is not."""

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

    @classmethod
    def of(cls, document: dict[str, Any], *, file: str, key: str = "", identifier: str = "") -> Self:
        """Return the row of a classification.

        Parameters
        ----------
        document
            The classification, as the service writes it.
        file
            Where its photo is.
        key
            Of the photo in the uploads bucket, if it is there.
        identifier
            Of the classification, if the document does not say.

        Raises
        ------
        AttributeError, TypeError
            If the classification is not one.
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
        )

    @property
    def line(self) -> bytes:
        """The line of a CSV file that holds it."""
        return _line(astuple(self))


def _line(cells: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(cells)
    return text.getvalue().removesuffix("\r\n").encode() + b"\n"


COLUMNS = [each.name for each in fields(Row)]
HEADER = _line(COLUMNS)


def _cell(record: dict[str, Any], name: str) -> str:
    value = record.get(name)
    return "" if value is None else str(value)
