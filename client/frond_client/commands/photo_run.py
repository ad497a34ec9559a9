"""A run over photos: requests with a progress bar, results as they arrive, failures at the end."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

import typer

from frond_client.classifying.formatters import Formatter
from frond_client.classifying.photo_search import FoundPhotos
from frond_client.classifying.photos_result import PhotosResult
from frond_client.console import error_console, pluralize, print_failures, progress_bars
from frond_client.exit_codes import ExitCode

Result = TypeVar("Result", bound=PhotosResult)
# Sends the requests; calls the first function with each result, and the second after each request.
Process = Callable[[Callable[[Result], None], Callable[[], None]], Coroutine[Any, Any, None]]


def run_photos(
    found: FoundPhotos,
    total: int,
    process: Process[Result],
    formatter: Formatter[Result],
    participle: str,
    *,
    as_table: bool,
) -> None:
    """Run the requests, print their results, and then the failures.

    Parameters
    ----------
    found
        The photos, and the files that are none.
    total
        The number of requests.
    participle
        Past participle of the verb for a photo, such as "classified".
    as_table
        Whether the results are printed at the end, below the progress bar.

    Raises
    ------
    typer.Exit
        Some photos failed.
    """
    err = error_console()
    if found.skipped:
        err.print(f"{pluralize(found.skipped, 'file')} skipped: not named as photos.")
    if found.special:
        err.print(f"{pluralize(len(found.special), 'file')} skipped: named pipes, sockets or devices.")
    failures: list[tuple[str, str]] = []

    def on_result(result: Result) -> None:
        formatter.add(result)
        if result.response is None:
            failures.append((", ".join(result.files), result.reason))

    # On one terminal, lines on standard output would break the progress bar.
    can_show_bar = as_table or not sys.stdout.isatty()
    try:
        with progress_bars(enabled=err.is_terminal and can_show_bar) as progress:
            task = progress.add_task(participle.capitalize(), total=total)
            asyncio.run(process(on_result, partial(progress.advance, task)))
    finally:
        formatter.finish()
    print_failures(err, f"could not be {participle}", failures)
    print_failures(err, "skipped", found.unreadable)
    if failures or found.unreadable:
        raise typer.Exit(ExitCode.FAILED)
