"""What became of the photos, for a person to read."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from frond_client.terminal import counted
from frond_client.uploads.photo import Photo
from frond_client.uploads.results_file import Row
from frond_client.uploads.source import printable

_EXAMPLES = 5


def show_results(out: Console, rows: Sequence[Row]) -> None:
    """Print how many photos have which verdict and show which species, and which failed and why."""
    if rows:
        out.print(_counts("verdict", Counter(_verdict(row) for row in rows)))
    species = Counter(_species(row) for row in rows if row.verdict == "identified")
    if species:
        out.print(_counts("species", species))
    failed = [(row.file, row.error) for row in rows if row.status == "failed"]
    show_reasons(out, "could not be classified", failed)


def show_reasons(out: Console, what: str, faults: Iterable[tuple[str, str]]) -> None:
    """Print what is wrong with photos, each reason once.

    Parameters
    ----------
    out
        Where to.
    what
        Happened to them.
    faults
        Each photo and its reason.
    """
    by_reason: dict[str, list[str]] = defaultdict(list)
    for place, reason in faults:
        by_reason[reason].append(place)
    for reason, places in by_reason.items():
        out.print(f"{counted(len(places), 'photo')} {what}: {reason or 'no reason was given.'}")
        _examples(out, places)


def show_pending(out: Console, photos: Sequence[Photo]) -> None:
    """Print which results have not come."""
    if photos:
        out.print(f"{counted(len(photos), 'result')} still pending:")
        _examples(out, [photo.place for photo in photos])


def _examples(out: Console, places: Sequence[str]) -> None:
    for place in places[:_EXAMPLES]:
        out.print(f"  {printable(place)}")
    if len(places) > _EXAMPLES:
        out.print(f"  and {len(places) - _EXAMPLES:,} more")


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
