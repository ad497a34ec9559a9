"""A folder of photos through the S3 door."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from frond_client.commands.options import StackName

if TYPE_CHECKING:
    from rich.console import Console

    from frond_client.uploads.run import Upload


def upload(
    source: Annotated[str, typer.Argument(help="A folder of photos, one photo, or s3://bucket/prefix.")],
    batch: Annotated[
        str | None, typer.Option(help="What the photos' keys begin with; by default the folder's name.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="Where results go; by default BATCH.csv, here.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Photos to send at once.")] = 8,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Whether to follow the results.")] = True,
    stack: StackName = None,
    patience: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Give up when no result has come for so long.")
    ] = 600,
) -> None:
    """Classify all photos of a folder, and write the results to a CSV file.

    The same command goes on where it was stopped: what is uploaded is not sent again, and what the file
    has is not asked for again, unless a photo has changed.

    Exit code: 0 when every photo is finished, 2 when results are still pending, 1 when something failed.
    """
    from frond_client.console import messages, results
    from frond_client.stack import find_stack
    from frond_client.uploads.run import Upload

    err = messages()
    task = Upload(find_stack(stack), source, batch, to, workers=workers, patience=patience if wait else None)
    try:
        task.run(err)
    except KeyboardInterrupt:
        known = f"; {task.file.path} has {len(task.rows):,} results" if task.rows else ""
        err.print(f"Stopped{known}. The same command goes on where it was.")
        raise typer.Exit(130) from None
    _show(results(), task, wait=wait)
    raise typer.Exit(task.exit_code)


def _show(out: "Console", task: "Upload", *, wait: bool) -> None:
    from frond_client.console import counted, show_reasons
    from frond_client.uploads.summary import show_pending, show_results

    outcome = task.outcome
    show_results(out, task.rows)
    show_reasons(out, "refused", task.found.refused)
    show_reasons(out, "failed", outcome.faults)
    out.print(
        f"{counted(len(task.found.photos), 'photo')}: {outcome.sent:,} sent now, "
        f"{len(task.plan.uploaded):,} were uploaded already, {len(task.plan.done):,} were finished already."
    )
    if outcome.finished:
        rate = outcome.finished / outcome.seconds
        out.print(f"{counted(outcome.finished, 'result')} in {outcome.seconds:.1f} s: {rate:.1f} a second.")
    if task.rows:
        out.print(f"Results: {task.file.path}")
    if not wait:
        out.print("The same command without --no-wait fetches the results.")
    elif outcome.pending:
        show_pending(out, outcome.pending)
        out.print("Run the same command again to fetch them; `frond dlq list` tells what went wrong, if so.")
