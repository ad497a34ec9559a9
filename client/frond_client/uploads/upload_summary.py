"""The summary of an upload, for the terminal."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from frond_client.console import pluralize, print_examples, print_failures
from frond_client.csv_row import ResultRow
from frond_client.uploads.source_photo import SourcePhoto


def print_results(out: Console, rows: Sequence[ResultRow]) -> None:
    """Print the number of photos per verdict and species, and the photos that failed."""
    if rows:
        out.print(_count_table("verdict", Counter(_verdict(row) for row in rows)))
    species = Counter(_species(row) for row in rows if row.verdict == "identified")
    if species:
        out.print(_count_table("species", species))
    failures = [(row.file, row.error) for row in rows if row.status == "failed"]
    print_failures(out, "could not be classified", failures)


def print_pending(out: Console, photos: Sequence[SourcePhoto]) -> None:
    """Print the photos whose results are pending."""
    if photos:
        out.print(f"{pluralize(len(photos), 'result')} still pending:")
        print_examples(out, [photo.location for photo in photos])


def _count_table(name: str, counts: Counter[str]) -> Table:
    table = Table()
    table.add_column(name)
    table.add_column("photos", justify="right")
    for each, count in counts.most_common():
        table.add_row(each, f"{count:,}")
    return table


def _verdict(row: ResultRow) -> str:
    return "failed" if row.status == "failed" else row.verdict.replace("_", " ")


def _species(row: ResultRow) -> str:
    return f"{row.scientific_name or row.species} ({row.common_name})" if row.common_name else row.species
