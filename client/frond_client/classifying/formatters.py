"""Formatters of results: a table, JSON lines or CSV."""

import json
from typing import Protocol, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from frond_client.classifying.photos_result import PhotosResult
from frond_client.classifying.plant_result import PlantResult
from frond_client.csv_row import HEADER, ResultRow
from frond_client.exif import ExifTags
from frond_client.geojson import feature_collection
from frond_client.models import ActivationMap, Classification, Prediction

_SHADES = " ░▒▓█"


Result_contra = TypeVar("Result_contra", bound=PhotosResult, contravariant=True)


class Formatter(Protocol[Result_contra]):
    """Prints results that arrive in the order of the photos."""

    def add(self, result: Result_contra) -> None:
        """Add a result."""

    def finish(self) -> None:
        """Print all results that are not printed yet."""


class JsonLinesFormatter:
    """Prints a JSON document per line, as each result arrives."""

    def add(self, result: PhotosResult) -> None:
        """Print a line."""
        typer.echo(json.dumps(result.document, ensure_ascii=False))

    def finish(self) -> None:
        """Do nothing: each line is printed already."""


class CsvFormatter:
    """Prints the CSV rows of `frond upload`, as each result arrives."""

    def __init__(self) -> None:
        typer.echo(HEADER, nl=False)

    def add(self, result: PlantResult) -> None:
        """Print a row."""
        typer.echo(_row(result).line, nl=False)

    def finish(self) -> None:
        """Do nothing: each row is printed already."""


class GeoJsonFormatter:
    """Prints a collection of features when all results have arrived."""

    def __init__(self) -> None:
        self._rows: list[ResultRow] = []

    def add(self, result: PlantResult) -> None:
        """Add a feature."""
        self._rows.append(_row(result))

    def finish(self) -> None:
        """Print the collection."""
        typer.echo(json.dumps(feature_collection(self._rows), indent=2, ensure_ascii=False))


class TableFormatter:
    """Prints a table when all results have arrived.

    Parameters
    ----------
    out
        The console.
    top
        The number of species per plant.
    """

    def __init__(self, out: Console, top: int) -> None:
        self._out = out
        self._top = top
        self._results: list[PlantResult] = []

    def add(self, result: PlantResult) -> None:
        """Add a row."""
        self._results.append(result)

    def finish(self) -> None:
        """Print the table, and the activation maps if there are any."""
        if self._results:
            self._out.print(self._table())
        for result in self._results:
            if result.classification and result.classification.evidence:
                self._print_activation_map(result, result.classification)

    def _table(self) -> Table:
        has_advice = any(each.classification and _advice(each.classification) for each in self._results)
        table = Table()
        table.add_column("photo", overflow="fold")
        table.add_column("verdict", no_wrap=True)
        table.add_column("species", overflow="fold")
        table.add_column("confidence", justify="right", no_wrap=True)
        if has_advice:
            table.add_column("advice", overflow="fold")
        for result in self._results:
            cells = self._cells(result)
            table.add_row(*(cells if has_advice else cells[:-1]))
        return table

    def _cells(self, result: PlantResult) -> list[str]:
        files = "\n".join(result.files)
        classification = result.classification
        if classification is None:
            return [files, "failed", "", "", ""]
        predictions = classification.predictions[: self._top]
        names = [(_species(each), each.confidence) for each in predictions]
        taxon = classification.taxon
        if taxon and taxon.rank != "species":
            names.insert(0, (f"{taxon.rank} {taxon.name}", taxon.confidence))
        return [
            files,
            (classification.verdict or classification.status).replace("_", " "),
            "\n".join(name for name, _ in names),
            "\n".join(f"{confidence:.3f}" for _, confidence in names),
            _advice(classification),
        ]

    def _print_activation_map(self, result: PlantResult, classification: Classification) -> None:
        if classification.predictions:
            species = _species(classification.predictions[0])
            self._out.print(f"\n{result.files[0]}: where {species} was seen")
        self._out.print(_shade(classification.evidence or ()))


def _row(result: PlantResult) -> ResultRow:
    exif = ExifTags.read(result.photos)
    return ResultRow.from_classification(result.document, file="; ".join(result.files), exif=exif)


def _species(prediction: Prediction) -> str:
    return f"{prediction.scientific_name} ({prediction.common_name})"


def _advice(classification: Classification) -> str:
    images = classification.images or filter(None, [classification.image])
    issues = [issue for image in images for issue in image.issues]
    return "\n".join(dict.fromkeys(issue.advice for issue in issues))


def _shade(activation_map: ActivationMap) -> str:
    """Draw a map with darker characters for larger values; two characters per cell make it about square."""
    darkest = len(_SHADES) - 1
    return "\n".join(
        "".join(2 * _SHADES[round(cell * darkest)] for cell in row).rstrip() for row in activation_map
    )
