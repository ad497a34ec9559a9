"""The command `frond reconcile`."""

from typing import Annotated

import typer

from frond_client.commands import StackName
from frond_client.exit_codes import ExitCode


def reconcile(
    older_than: Annotated[
        float, typer.Option(min=0, metavar="MINUTES", help="Skip newer uploads, which may be in progress.")
    ] = 15,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the uploads; change nothing.")] = False,
    stack: StackName = None,
) -> None:
    """Find uploads without a final record, and queue them again.

    Use it after lost S3 notifications; `frond dlq list` shows uploads that failed too often. An upload that
    still waits in a queue is classified twice, which costs its time and does no harm.
    """
    from datetime import UTC, datetime, timedelta

    from frond_client.console import (
        error_console,
        output_console,
        pluralize,
        print_failures,
        progress_bars,
    )
    from frond_client.dead_letter_queue import count_waiting
    from frond_client.frond_stack import find_stack
    from frond_client.reconciliation import CONCURRENCY, find_unfinished, requeue_all

    target = find_stack(stack)
    s3 = target.s3(connections=CONCURRENCY)
    uploads_bucket, results_bucket = target.output("UploadsBucketName"), target.output("ResultsBucketName")
    until = datetime.now(UTC) - timedelta(minutes=older_than)
    with error_console().status("Comparing uploads with records …"):
        uploads = find_unfinished(
            s3, uploads_bucket, results_bucket, target.dynamodb(), target.output("TableName"), until
        )
    out = output_console()
    out.print(
        f"{pluralize(uploads.checked, 'upload')} older than {older_than:g} minutes, "
        f"{len(uploads.unfinished):,} without a final record."
    )
    if uploads.unfinished and (waiting := count_waiting(target, target.sqs())):
        out.print(f"About {pluralize(waiting, 'message')} wait in the queues, perhaps for these uploads.")
    if dry_run:
        for key in sorted(uploads.unfinished):
            out.print(key)
    if dry_run or not uploads.unfinished:
        return
    with progress_bars() as progress:
        task = progress.add_task("Queued again", total=len(uploads.unfinished))
        result = requeue_all(s3, uploads_bucket, uploads.unfinished, lambda: progress.advance(task))
    out.print(f"{pluralize(result.requeued, 'upload')} queued again.")
    if result.gone:
        out.print(f"{pluralize(result.gone, 'upload')} deleted or replaced meanwhile.")
    print_failures(out, "not queued", result.failed)
    if result.failed:
        raise typer.Exit(ExitCode.FAILED)
