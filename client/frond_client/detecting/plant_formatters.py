"""Formatters of detected plants: a table or CSV."""

from collections import Counter

import typer
from rich.console import Console
from rich.table import Table

from frond_client.console import pluralize
from frond_client.csv_row import csv_line
from frond_client.detecting.detection_result import DetectionResult
from frond_client.detecting.plant_row import COLUMNS, PlantRow
from frond_client.models import LocatedPlant


class PlantCsvFormatter:
    """Prints a CSV row per plant, as each result arrives."""

    def __init__(self) -> None:
        typer.echo(csv_line({name: name for name in COLUMNS}, ()), nl=False)

    def add(self, result: DetectionResult) -> None:
        """Print the rows of a photo."""
        for row in PlantRow.of(result):
            typer.echo(row.line, nl=False)

    def finish(self) -> None:
        """Do nothing: each row is printed already."""


class PlantTableFormatter:
    """Prints a table when all results have arrived, and the number of plants.

    Parameters
    ----------
    out
        The console.
    classified
        Whether the plants are classified; the species takes the place of class and box.
    """

    def __init__(self, out: Console, *, classified: bool) -> None:
        self._out = out
        self._classified = classified
        self._results: list[DetectionResult] = []

    def add(self, result: DetectionResult) -> None:
        """Add the rows of a photo."""
        self._results.append(result)

    def finish(self) -> None:
        """Print the table and the counts."""
        if self._results:
            self._out.print(self._table())
            self._out.print(self._counts())

    def _table(self) -> Table:
        table = Table()
        table.add_column("photo", overflow="fold")
        table.add_column("plant", justify="right", no_wrap=True)
        table.add_column("confidence", justify="right", no_wrap=True)
        if self._classified:
            table.add_column("verdict", no_wrap=True)
            table.add_column("species", overflow="fold")
        else:
            table.add_column("class", overflow="fold")
            table.add_column("x, y, width, height", justify="right", no_wrap=True)
        for result in self._results:
            self._add_rows(table, result)
        return table

    def _add_rows(self, table: Table, result: DetectionResult) -> None:
        files = "\n".join(result.files)
        if not result.plants:
            table.add_row(files, "0" if result.detections else "failed")
        for number, plant in enumerate(result.plants, start=1):
            cells = _classification(plant) if self._classified else _place(plant)
            photo = files if number == 1 else ""
            table.add_row(photo, str(number), f"{plant.confidence:.3f}", *cells)

    def _counts(self) -> str:
        """Return such as "3 plants: 2 plant, 1 zea-mays"."""
        plants = [plant for result in self._results for plant in result.plants]
        counts = Counter(map(_name, plants) if self._classified else (plant.label for plant in plants))
        by_name = ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
        return f"{pluralize(len(plants), 'plant')}{': ' * bool(plants)}{by_name}"


def _place(plant: LocatedPlant) -> tuple[str, str]:
    box = plant.box
    edges = ", ".join(f"{edge:.0f}" for edge in (box.x, box.y, box.width, box.height))
    return plant.label, edges


def _classification(plant: LocatedPlant) -> tuple[str, str]:
    found = plant.classification
    if found is None:
        return "", ""
    species = (f"{each.scientific_name} ({each.common_name})" for each in found.predictions[:1])
    return found.verdict.replace("_", " "), "".join(species)


def _name(plant: LocatedPlant) -> str:
    """Return the name to count a classified plant by; one that is not identified counts as its verdict."""
    found = plant.classification
    if found is None:
        return "not classified"
    if found.verdict == "identified" and found.predictions:
        return found.predictions[0].common_name
    return found.verdict.replace("_", " ")
