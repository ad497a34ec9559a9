"""How the terminal is written to."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


def results() -> Console:
    """Return the console for what was asked for, on standard output."""
    # Names of photos may hold anything; none of it is markup.
    return Console(soft_wrap=True, markup=False, emoji=False, highlight=False)


def messages() -> Console:
    """Return the console for everything else, on standard error."""
    return Console(stderr=True, soft_wrap=True, markup=False, emoji=False, highlight=False)


def bars() -> Progress:
    """Return progress bars with counts and the time that remains."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: "1 photo", "2,000 photos"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
