"""What became of the photos, for a person to read."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from frond_client.console import counted, show_examples, show_reasons
from frond_client.csv_row import Row
from frond_client.uploads.photo import Photo


def show_results(out: Console, rows: Sequence[Row]) -> None:
    """Print how many photos have which verdict and show which species, and which failed and why."""
    if rows:
        out.print(_counts("verdict", Counter(_verdict(row) for row in rows)))
    species = Counter(_species(row) for row in rows if row.verdict == "identified")
    if species:
        out.print(_counts("species", species))
    failed = [(row.file, row.error) for row in rows if row.status == "failed"]
    show_reasons(out, "could not be classified", failed)


def show_pending(out: Console, photos: Sequence[Photo]) -> None:
    """Print which results have not come."""
    if photos:
        out.print(f"{counted(len(photos), 'result')} still pending:")
        show_examples(out, [photo.place for photo in photos])


def _counts(name: str, counts: Counter[str]) -> Table:
    table = Table()
    table.add_column(name)
    table.add_column("photos", justify="right")
    for each, count in counts.most_common():
        table.add_row(each, f"{count:,}")
    return table


def _verdict(row: Row) -> str:
    return "failed" if row.status == "failed" else row.verdict.replace("_", " ")


def _species(row: Row) -> str:
    return f"{row.scientific_name or row.species} ({row.common_name})" if row.common_name else row.species
