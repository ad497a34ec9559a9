"""``python -m benchmarks``: measure, and print tables."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from benchmarks import cold as cold_starts
from benchmarks import document, s3_door, tables
from benchmarks import size as sizes
from benchmarks import warm as warm_calls
from benchmarks.contenders import ALL, BY_KEY, Contender
from benchmarks.lineup import lineup
from benchmarks.memory import memory
from benchmarks.near_side import SilentError
from benchmarks.photos import Photo, photos
from benchmarks.places import LOGS, RELEASED, ROOT
from benchmarks.quiet import Quiet
from benchmarks.task import NotInstalledError, code, task
from local.runtimes.environment import InstallationError
from tests.conftest import SHARED
from tests.support.stack import link_project, running_stack

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
_out = Console(soft_wrap=True)
Measured = TypeVar("Measured")
PLOT = ROOT / "docs" / "benchmarks.png"
PAGES = (ROOT / "README.md", ROOT / "docs" / "14-speed.md")
THREADS = (1, 2)
INTERRUPTED = 130

Write = Annotated[bool, typer.Option("--write", help="Put the figures into docs/, too, with a plot of them.")]
Rounds = Annotated[int, typer.Option(min=1, help="How many turns everybody has.")]
Only = Annotated[
    list[str] | None, typer.Option(help=f"Only this one; several times for more: {', '.join(BY_KEY)}.")
]
Uploads = Annotated[int, typer.Option("--photos", min=1, help="How many photos are uploaded at once.")]
Folder = Annotated[Path, typer.Option(help="Where they are taken from, again and again if there are fewer.")]
SEEDLINGS = SHARED / "seedlings"


@app.command("all")
def everything(rounds: Rounds = 8, only: Only = None, write: Write = False) -> None:
    """Measure all parts, one after the other; each is saved when it is done."""
    size(only, write)
    cold(max(2, rounds // 2), only, write)
    warm(rounds, only, None, write)
    floor(rounds, write)
    doors(write=write)


@app.command()
def warm(
    rounds: Rounds = 8,
    only: Only = None,
    photo: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="One of yours, too.")
    ] = None,
    write: Write = False,
) -> None:
    """Measure warm calls, from a photo's bytes to the answer, and inference alone, with 1 and 2 threads."""
    ready, left_out = _lineup(only)
    pictures = [*photos(), *([Photo(photo.name, photo.resolve())] if photo else [])]
    measured: list[warm_calls.Warm] = []
    quiet = Quiet()
    for threads in THREADS:
        turns = len(ready) * (len(pictures) + 1) * rounds
        calls = warm_calls.measure(ready, pictures, threads, rounds, quiet, left_out)
        measured += _watched(f"Warm calls, threads: {threads}", turns, calls)
    _tell("warm", measured, ready, left_out, write, quiet)


@app.command()
def cold(rounds: Rounds = 4, only: Only = None, write: Write = False) -> None:
    """Measure cold starts and memory under the Lambda runtime interface; Linux only."""
    ready, left_out = _lineup(only)
    starting = [contender for contender in ready if contender.handler]
    turns = len(starting) * (rounds + 1)
    quiet = Quiet()
    starts = cold_starts.measure(starting, max(THREADS), rounds, quiet, left_out)
    try:
        with _errors_to(LOGS / "cold.log"):
            measured = _watched("Cold starts", turns, starts)
    except InstallationError as reason:
        _out.print(f"Cold starts cannot be measured here: {reason}", style="yellow", markup=False)
    else:
        _tell("cold", measured, ready, left_out, write, quiet)


@app.command()
def size(only: Only = None, write: Write = False) -> None:
    """Weigh what is shipped."""
    ready, left_out = _lineup(only)
    first = {contender.packages: contender for contender in reversed(ready) if contender.handler}
    weighed = [
        sizes.weigh(each.key, task(each.packages), code() if each.ours else None, each.model)
        for each in sorted(first.values(), key=ALL.index)
    ]
    _tell("size", weighed, ready, left_out, write)


@app.command()
def floor(rounds: Rounds = 8, write: Write = False) -> None:
    """Measure how far inference is from what this machine can do, operator by operator."""
    with _errors_to(LOGS / "floor.log"):
        from benchmarks import floor as limits  # with TensorFlow, which has much to say

        network = RELEASED.read_bytes()
        measured: list[limits.Floor] = []
        quiet = Quiet()
        for threads in THREADS:
            turns = limits.measure(network, threads, rounds, quiet)
            measured += _watched(f"Operators, threads: {threads}", None, turns)
    _tell("floor", measured, [], {}, write, quiet)


@app.command()
def doors(uploads: Uploads = 500, folder: Folder = SEEDLINGS, write: Write = False) -> None:
    """Upload photos to the S3 door of a local stack, and tell where the time goes."""
    source = folder if folder.is_dir() else ROOT / "events" / "photos"
    found = sorted(path for path in source.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not found:
        _fail(f"There are no photos in {source}.")
    with tempfile.TemporaryDirectory() as place:
        template, log = link_project(Path(place) / "stack"), Path(place) / "log"
        with running_stack(log, template=template) as stack:
            s3_door.warm_up(stack, found[0])
            measured = s3_door.measure(stack, log, s3_door.spread(found, uploads))
    _out.print(measured.table())
    _out.print(measured.summary())
    _save("doors", measured.document(), write)
    if not measured.complete:
        sys.exit(1)


@app.command()
def markdown(
    latest: Annotated[bool, typer.Option("--latest", help="Of the last run instead of docs/.")] = False,
    paste: Annotated[bool, typer.Option("--paste", help="Put the tables in their places, too.")] = False,
) -> None:
    """Print the committed figures as Markdown, exactly as they stand in README.md and docs/14-speed.md."""
    found = document.read(document.LATEST if latest else document.COMMITTED)
    if not found:
        _fail("Nothing was measured yet: make bench")
    made = [tables.summary(found), *tables.tables(found)]
    for table in made:
        print(f"### {table.title}\n\n{table.markdown()}\n")  # noqa: T201  without colours or breaks
    if paste:
        for page in PAGES:
            document.write(page, tables.pasted(page.read_text(encoding="utf-8"), made))


app.command()(memory)


def _lineup(only: list[str] | None) -> tuple[list[Contender], dict[str, str]]:
    unknown = set(only or ()) - BY_KEY.keys()
    if unknown:
        _fail(f"There is no {', '.join(sorted(unknown))}; there are {', '.join(BY_KEY)}.")
    wanted = [contender for contender in ALL if not only or contender.key in only]
    with _out.status("") as status:
        return lineup(wanted, status.update)


def _watched(description: str, turns: int | None, measuring: Iterator[Measured | None]) -> list[Measured]:
    """Return what is measured, with a bar that goes on at every turn."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_out, transient=True) as progress:
        bar = progress.add_task(description, total=turns)
        found = []
        for measured in measuring:
            if measured is None:
                progress.advance(bar)
            else:
                found.append(measured)
        return found


def _tell(
    part: str,
    measured: Any,
    ready: list[Contender],
    left_out: dict[str, str],
    write: bool,
    quiet: Quiet | None = None,
) -> None:
    told = _save(part, measured, write, {contender.packages for contender in ready}, left_out, quiet)
    for table in tables.tables({"parts": {part: told["parts"][part]}}):
        _out.print(table.rich())
    for key, reason in left_out.items():
        _out.print(f"Without {BY_KEY[key].title}: {reason}", style="yellow", markup=False)
    if quiet and quiet.disturbed:
        _out.print(f"Not all figures are comparable: {quiet.told()}.", style="yellow")


def _save(part: str, measured: Any, write: bool, *facts: Any) -> document.Document:
    told = document.add(document.LATEST, part, measured, *facts)
    if write:
        from benchmarks import plot

        plot.draw(document.add(document.COMMITTED, part, measured, *facts), PLOT)
    return told


@contextmanager
def _errors_to(log: Path) -> Iterator[None]:
    """Have what libraries and processes say on standard error in a file, for as long as the context lasts."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    before = os.dup(2)
    with log.open("wb") as file:
        os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(before, 2)
        os.close(before)


def _fail(reason: str) -> None:
    _out.print(reason, style="red", markup=False)
    sys.exit(1)


def main() -> None:
    """Run a command; what cannot be measured ends in one sentence, and so does Ctrl-C."""
    try:
        app(prog_name="python -m benchmarks")
    except (NotInstalledError, SilentError) as error:
        _fail(str(error))
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _out.print(f"Stopped. What was finished is in {document.LATEST.relative_to(ROOT)}.")
        raise


if __name__ == "__main__":
    main()
