"""How results are shown: as a table, as lines of JSON, or as rows of CSV."""

import json
from typing import Protocol

import typer
from rich.console import Console
from rich.table import Table

from frond_client.classifying.outcome import Outcome
from frond_client.csv_row import HEADER, Row
from frond_client.models import Classification, Evidence, Prediction

_SHADES = " ░▒▓█"


class Shown(Protocol):
    """What takes results, in the order of the photos."""

    def add(self, outcome: Outcome) -> None:
        """Take a result."""

    def end(self) -> None:
        """Show what is not shown yet."""


class JsonLines:
    """A JSON document a line, each written as soon as it is known."""

    def add(self, outcome: Outcome) -> None:
        """Write a line."""
        typer.echo(json.dumps(outcome.document, ensure_ascii=False))

    def end(self) -> None:
        """Do nothing: all is written."""


class CsvRows:
    """The rows that `frond upload` writes, too, each written as soon as it is known."""

    def __init__(self) -> None:
        typer.echo(HEADER, nl=False)

    def add(self, outcome: Outcome) -> None:
        """Write a row."""
        typer.echo(Row.of(outcome.document, file="; ".join(outcome.names)).line, nl=False)

    def end(self) -> None:
        """Do nothing: all is written."""


class ResultsTable:
    """A table for people, shown at the end.

    Parameters
    ----------
    out
        Where to.
    most
        How many species are shown of each plant.
    """

    def __init__(self, out: Console, most: int) -> None:
        self._out = out
        self._most = most
        self._outcomes: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Keep a result."""
        self._outcomes.append(outcome)

    def end(self) -> None:
        """Print the table, and where each species was seen if that is known."""
        if self._outcomes:
            self._out.print(self._table())
        for outcome in self._outcomes:
            if outcome.answer and outcome.answer.evidence:
                self._print_evidence(outcome, outcome.answer)

    def _table(self) -> Table:
        advice = any(outcome.answer and _advice(outcome.answer) for outcome in self._outcomes)
        table = Table()
        table.add_column("photo", overflow="fold")
        table.add_column("verdict", no_wrap=True)
        table.add_column("species", overflow="fold")
        table.add_column("confidence", justify="right", no_wrap=True)
        if advice:
            table.add_column("advice", overflow="fold")
        for outcome in self._outcomes:
            cells = self._cells(outcome)
            table.add_row(*(cells if advice else cells[:-1]))
        return table

    def _cells(self, outcome: Outcome) -> list[str]:
        names = "\n".join(outcome.names)
        answer = outcome.answer
        if answer is None:
            return [names, "failed", "", "", ""]
        shown = answer.predictions[: self._most]
        return [
            names,
            (answer.verdict or answer.status).replace("_", " "),
            "\n".join(map(_species, shown)),
            "\n".join(f"{each.confidence:.3f}" for each in shown),
            _advice(answer),
        ]

    def _print_evidence(self, outcome: Outcome, answer: Classification) -> None:
        if answer.predictions:
            self._out.print(f"\n{outcome.names[0]}: where {_species(answer.predictions[0])} was seen")
        self._out.print(_shaded(answer.evidence or ()))


def _species(prediction: Prediction) -> str:
    return f"{prediction.scientific_name} ({prediction.common_name})"


def _advice(answer: Classification) -> str:
    issues = [issue for image in answer.images or filter(None, [answer.image]) for issue in image.issues]
    return "\n".join(dict.fromkeys(issue.advice for issue in issues))


def _shaded(evidence: Evidence) -> str:
    """Return a map with a dark place for much; a cell is two letters wide, and so about square."""
    most = len(_SHADES) - 1
    return "\n".join("".join(2 * _SHADES[round(cell * most)] for cell in row).rstrip() for row in evidence)
