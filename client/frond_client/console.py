"""Consoles, progress bars and text for the terminal."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_MAX_EXAMPLES = 5


def output_console() -> Console:
    """Return the console for results, on standard output."""
    # File names may contain markup and emoji codes, which must not be interpreted.
    return Console(soft_wrap=True, markup=False, emoji=False, highlight=False)


def error_console() -> Console:
    """Return the console for messages, on standard error."""
    return Console(stderr=True, soft_wrap=True, markup=False, emoji=False, highlight=False)


def progress_bars(*, enabled: bool = True) -> Progress:
    """Return progress bars with counts and the remaining time."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        # Standard output may be redirected to a file.
        redirect_stdout=False,
        disable=not enabled,
    )


def pluralize(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: "1 photo", "2,000 photos"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def printable(name: str) -> str:
    """Return a name with question marks for bytes that are not UTF-8."""
    return name.encode(errors="replace").decode()


def print_failures(out: Console, outcome: str, failures: Iterable[tuple[str, str]]) -> None:
    """Print the photos that failed, grouped by reason.

    Parameters
    ----------
    out
        The console.
    outcome
        Text after the number of photos, such as "failed".
    failures
        Each photo and its reason.
    """
    by_reason: dict[str, list[str]] = defaultdict(list)
    for location, reason in failures:
        by_reason[reason].append(location)
    for reason, locations in by_reason.items():
        out.print(f"{pluralize(len(locations), 'photo')} {outcome}: {reason or 'no reason was given.'}")
        print_examples(out, locations)


def print_examples(out: Console, locations: Sequence[str]) -> None:
    """Print the first few locations, and the number of the others."""
    for location in locations[:_MAX_EXAMPLES]:
        out.print(f"  {printable(location)}")
    if len(locations) > _MAX_EXAMPLES:
        out.print(f"  and {len(locations) - _MAX_EXAMPLES:,} more")
