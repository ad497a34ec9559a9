"""The command `frond upload`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from frond_client.commands import SendPlace, StackName, Tag
from frond_client.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

    from frond_client.uploads.upload_run import UploadRun


def upload(
    source: Annotated[str, typer.Argument(help="A folder of photos, one photo, or s3://bucket/prefix.")],
    batch: Annotated[
        str | None, typer.Option(help="Prefix of the photos' keys; by default the folder's name.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE.csv", help="The file of results; by default BATCH.csv.")
    ] = None,
    with_map: Annotated[
        bool, typer.Option("--geojson", help="Write the results as a map, too; beside the CSV file.")
    ] = False,
    tag: Tag = None,
    send_place: SendPlace = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Number of concurrent uploads.")] = 8,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Whether to wait for the results.")] = True,
    stack: StackName = None,
    max_wait: Annotated[
        float, typer.Option(min=0, metavar="SECONDS", help="Stop when no result has arrived for so long.")
    ] = 600,
) -> None:
    """Classify all photos of a folder, and write the results to a CSV file.

    Run the same command again to resume: it sends only new and changed photos, and fetches only the results
    that the file does not have.

    Exit code: 0 when every photo was classified, 1 when something failed, 3 when results are still pending.
    """
    from frond_client.console import error_console, output_console
    from frond_client.frond_stack import find_stack
    from frond_client.uploads.upload_run import UploadRun

    err = error_console()
    run = UploadRun(
        find_stack(stack),
        source,
        batch,
        output,
        tag=tag,
        send_place=send_place,
        with_map=with_map,
        workers=workers,
        max_wait=max_wait if wait else None,
    )
    try:
        run.run(err)
    except KeyboardInterrupt:
        written = f"; {run.file.path} has {len(run.rows):,} results" if run.rows else ""
        err.print(f"Stopped{written}. Run the same command again to resume.")
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    _print_summary(output_console(), run, wait=wait)
    raise typer.Exit(run.exit_code)


def _print_summary(out: "Console", run: "UploadRun", *, wait: bool) -> None:
    from frond_client.console import pluralize, print_failures
    from frond_client.uploads.upload_summary import print_pending, print_results

    result = run.result
    print_results(out, run.rows)
    print_failures(out, "refused", run.listing.refused)
    print_failures(out, "failed", result.failures)
    out.print(
        f"{pluralize(len(run.listing.photos), 'photo')}: {result.sent:,} sent now, "
        f"{len(run.plan.uploaded):,} were uploaded already, {len(run.plan.done):,} were finished already."
    )
    if result.finished:
        rate = result.finished / result.seconds
        out.print(f"{pluralize(result.finished, 'result')} in {result.seconds:.1f} s: {rate:.1f} a second.")
    if run.rows:
        out.print(f"Results: {run.file.path}")
        _print_map(out, run)
    if not wait:
        out.print("Run the same command without --no-wait to fetch the results.")
    elif result.pending:
        print_pending(out, result.pending)
        out.print("Run the same command again to fetch them; `frond dlq list` shows failed uploads.")


def _print_map(out: "Console", run: "UploadRun") -> None:
    from frond_client.console import pluralize

    places = sum(bool(row.latitude) for row in run.rows)
    if run.map:
        out.print(f"Map: {run.map.path}, with the places of {pluralize(places, 'photo')}")
    elif places:
        out.print(
            f"The places of {pluralize(places, 'photo')} stayed on this device; --geojson writes a map."
        )
