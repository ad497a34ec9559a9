"""How the terminal is written to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

_MOST_EXAMPLES = 5


def results() -> Console:
    """Return the console for what was asked for, on standard output."""
    # Names of photos may hold anything; none of it is markup.
    return Console(soft_wrap=True, markup=False, emoji=False, highlight=False)


def messages() -> Console:
    """Return the console for everything else, on standard error."""
    return Console(stderr=True, soft_wrap=True, markup=False, emoji=False, highlight=False)


def bars(*, shown: bool = True) -> Progress:
    """Return progress bars with counts and the time that remains."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        # Results go where they are sent, not above the bars.
        redirect_stdout=False,
        disable=not shown,
    )


def counted(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun: "1 photo", "2,000 photos"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def printable(name: str) -> str:
    """Return a name with question marks for what is no text."""
    return name.encode(errors="replace").decode()


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
        show_examples(out, places)


def show_examples(out: Console, places: Sequence[str]) -> None:
    """Print the first few places, and how many more there are."""
    for place in places[:_MOST_EXAMPLES]:
        out.print(f"  {printable(place)}")
    if len(places) > _MOST_EXAMPLES:
        out.print(f"  and {len(places) - _MOST_EXAMPLES:,} more")
