"""What long work shows while it runs."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Item = TypeVar("Item")

# Results go to standard output, progress does not.
console = Console(stderr=True)


def bar() -> Progress:
    """Return a progress bar with counts and the time that remains."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
    )


def track(items: Iterable[Item], total: int, description: str) -> Iterator[Item]:
    """Yield items and show how many have come."""
    with bar() as progress:
        task = progress.add_task(description, total=total, note="")
        for item in items:
            yield item
            progress.advance(task)
