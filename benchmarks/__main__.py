"""Run benchmarks and print their tables: ``python -m benchmarks``."""

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

from benchmarks import benchmark_results, result_tables
from benchmarks import cold as cold_starts
from benchmarks import s3_uploads as uploads
from benchmarks import size as sizes
from benchmarks import warm as warm_calls
from benchmarks.idle import IdleWaiter
from benchmarks.implementation_process import ImplementationError
from benchmarks.implementations import ALL, BY_KEY, Implementation
from benchmarks.memory import memory
from benchmarks.paths import LOGS, RELEASED, ROOT
from benchmarks.peer_installation import install
from benchmarks.sample_photos import SamplePhoto, photos
from benchmarks.task_root import NotInstalledError, frond_code, task_root
from benchmarks.worst_inputs import worst_inputs
from local.runtimes.environment import InstallationError
from tests.support.running_stack import link_project, running_stack

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
_out = Console(soft_wrap=True)
Measured = TypeVar("Measured")
PLOT = ROOT / "docs" / "benchmarks.png"
PAGES = (ROOT / "README.md", *(ROOT / "docs" / name for name in ("14-speed.md", "experiments/speed.md")))
THREADS = (1, 2)
INTERRUPTED = 130

Write = Annotated[bool, typer.Option("--write", help="Also write the results and their plot to docs/.")]
Rounds = Annotated[int, typer.Option(min=1, help="Rounds; each implementation has a turn in each.")]
Only = Annotated[
    list[str] | None,
    typer.Option(help=f"Benchmark this implementation only; repeatable: {', '.join(BY_KEY)}."),
]
Uploads = Annotated[int, typer.Option("--photos", min=1, help="Number of photos to upload.")]
Folder = Annotated[Path, typer.Option(help="Folder of the photos, reused if there are fewer.")]
SEEDLINGS = ROOT.parent / "shared" / "data" / "seedlings"


@app.command("all")
def everything(rounds: Rounds = 8, only: Only = None, write: Write = False) -> None:
    """Run all benchmarks; each is saved when it is finished."""
    size(only, write)
    cold(max(2, rounds // 2), only, write)
    warm(rounds, only, None, write)
    roofline(rounds, write)
    s3_uploads(write=write)


@app.command()
def warm(
    rounds: Rounds = 8,
    only: Only = None,
    photo: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A photo of your own, in addition.")
    ] = None,
    write: Write = False,
) -> None:
    """Benchmark warm calls, from photo to response, and inference alone, with 1 and 2 threads."""
    ready, left_out = _install(only)
    pictures = [*photos(), *([SamplePhoto(photo.name, photo.resolve())] if photo else [])]
    measured: list[warm_calls.WarmCalls] = []
    idle_waiter = IdleWaiter()
    for threads in THREADS:
        turns = len(ready) * (len(pictures) + 1) * rounds
        calls = warm_calls.measure(ready, pictures, threads, rounds, idle_waiter, left_out)
        measured += _with_progress(f"Warm calls, threads: {threads}", turns, calls)
    _report("warm", measured, ready, left_out, write, idle_waiter)


@app.command()
def cold(rounds: Rounds = 4, only: Only = None, write: Write = False) -> None:
    """Benchmark cold starts and memory under the Lambda runtime interface; Linux only."""
    ready, left_out = _install(only)
    starting = [implementation for implementation in ready if implementation.handler]
    turns = len(starting) * (rounds + 1)
    idle_waiter = IdleWaiter()
    starts = cold_starts.measure(starting, max(THREADS), rounds, idle_waiter, left_out)
    try:
        with _errors_to(LOGS / "cold.log"):
            measured = _with_progress("Cold starts", turns, starts)
    except InstallationError as reason:
        _out.print(f"Cold starts cannot be measured here: {reason}", style="yellow", markup=False)
    else:
        _report("cold", measured, ready, left_out, write, idle_waiter)


@app.command()
def size(only: Only = None, write: Write = False) -> None:
    """Measure the unpacked size of packages and code."""
    ready, left_out = _install(only)
    first = {
        implementation.packages: implementation
        for implementation in reversed(ready)
        if implementation.handler
    }
    weighed = [
        sizes.weigh(each.key, task_root(each.packages), frond_code() if each.ours else None, each.model)
        for each in sorted(first.values(), key=ALL.index)
    ]
    _report("size", weighed, ready, left_out, write)


@app.command()
def roofline(rounds: Rounds = 8, write: Write = False) -> None:
    """Compare each operator of the network with the roofline of this machine."""
    with _errors_to(LOGS / "roofline.log"):
        from benchmarks import roofline as rooflines  # imports TensorFlow, which logs to standard error

        network = RELEASED.read_bytes()
        measured: list[rooflines.Roofline] = []
        idle_waiter = IdleWaiter()
        for threads in THREADS:
            turns = rooflines.measure(network, threads, rounds, idle_waiter)
            measured += _with_progress(f"Operators, threads: {threads}", None, turns)
    _report("roofline", measured, [], {}, write, idle_waiter)


@app.command()
def s3_uploads(count: Uploads = 500, folder: Folder = SEEDLINGS, write: Write = False) -> None:
    """Upload photos to a local stack through S3, and report the time of each stage."""
    source = folder if folder.is_dir() else ROOT / "events" / "photos"
    found = sorted(path for path in source.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not found:
        _fail(f"There are no photos in {source}.")
    with tempfile.TemporaryDirectory() as place:
        template, log = link_project(Path(place) / "stack"), Path(place) / "log"
        with running_stack(log, template=template) as stack:
            uploads.warm_up(stack, found[0])
            measured = uploads.measure(stack, log, uploads.spread(found, count))
    _out.print(measured.table())
    _out.print(measured.summary())
    _save("s3_uploads", measured.to_json(), write)
    if not measured.complete:
        sys.exit(1)


@app.command()
def markdown(
    latest: Annotated[bool, typer.Option("--latest", help="Use the latest run instead of docs/.")] = False,
    paste: Annotated[bool, typer.Option("--paste", help="Also write the tables into the pages.")] = False,
) -> None:
    """Print the committed results as Markdown, as in README.md and docs."""
    found = benchmark_results.read(benchmark_results.LATEST if latest else benchmark_results.COMMITTED)
    if not found:
        _fail("There are no results yet: run make bench")
    all_tables = [result_tables.summary(found), *result_tables.tables(found)]
    for table in all_tables:
        print(f"### {table.title}\n\n{table.markdown()}\n")  # noqa: T201  without rich's colours and line breaks
    if paste:
        for page in PAGES:
            benchmark_results.write(
                page, result_tables.replace_tables(page.read_text(encoding="utf-8"), all_tables)
            )


app.command()(memory)
app.command()(worst_inputs)


def _install(only: list[str] | None) -> tuple[list[Implementation], dict[str, str]]:
    unknown = set(only or ()) - BY_KEY.keys()
    if unknown:
        _fail(f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(BY_KEY)}.")
    wanted = [implementation for implementation in ALL if not only or implementation.key in only]
    with _out.status("") as status:
        return install(wanted, status.update)


def _with_progress(
    description: str, turns: int | None, measuring: Iterator[Measured | None]
) -> list[Measured]:
    """Return the measurements, with a progress bar that advances at every turn."""
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


def _report(
    part: str,
    measured: Any,
    ready: list[Implementation],
    left_out: dict[str, str],
    write: bool,
    idle_waiter: IdleWaiter | None = None,
) -> None:
    results = _save(
        part, measured, write, {implementation.packages for implementation in ready}, left_out, idle_waiter
    )
    for table in result_tables.tables({"parts": {part: results["parts"][part]}}):
        _out.print(table.rich())
    for key, reason in left_out.items():
        _out.print(f"Without {BY_KEY[key].title}: {reason}", style="yellow", markup=False)
    if idle_waiter and idle_waiter.disturbed:
        _out.print(f"Not all results are comparable: {idle_waiter.summary()}.", style="yellow")


def _save(part: str, measured: Any, write: bool, *facts: Any) -> benchmark_results.Results:
    results = benchmark_results.add(benchmark_results.LATEST, part, measured, *facts)
    if write:
        from benchmarks import plot

        plot.draw(benchmark_results.add(benchmark_results.COMMITTED, part, measured, *facts), PLOT)
    return results


@contextmanager
def _errors_to(log: Path) -> Iterator[None]:
    """Redirect standard error of this process and its children to a file while the context is open."""
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
    """Run a command; report errors and Ctrl-C in one sentence."""
    try:
        app(prog_name="python -m benchmarks")
    except (NotInstalledError, ImplementationError) as error:
        _fail(str(error))
    except SystemExit as end:
        if end.code == INTERRUPTED:
            _out.print(f"Stopped. Finished results are in {benchmark_results.LATEST.relative_to(ROOT)}.")
        raise


if __name__ == "__main__":
    main()
