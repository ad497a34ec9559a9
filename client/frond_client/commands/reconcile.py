"""Uploads that were never answered."""

from typing import Annotated

import typer

from frond_client.commands.options import StackName


def reconcile(
    older_than: Annotated[
        float, typer.Option(min=0, metavar="MINUTES", help="Leave out later uploads: they may be in work.")
    ] = 15,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list them.")] = False,
    stack: StackName = None,
) -> None:
    """Find uploads without a final record, and queue them again.

    That is for notifications that were lost; what was tried too often is in `frond dlq list`. An upload that
    only waits for its turn is queued twice then, which costs its time and does no harm.
    """
    from datetime import UTC, datetime, timedelta

    from frond_client.console import bars, counted, messages, results, show_reasons
    from frond_client.dead_letters import waiting
    from frond_client.reconciliation import AT_ONCE, requeue_all, unanswered
    from frond_client.stack import find_stack

    there = find_stack(stack)
    s3 = there.s3(connections=AT_ONCE)
    uploads, results_bucket = there.output("UploadsBucketName"), there.output("ResultsBucketName")
    until = datetime.now(UTC) - timedelta(minutes=older_than)
    with there.frond() as frond, messages().status("Comparing uploads with records …"):
        found = unanswered(s3, uploads, results_bucket, frond, until)
    out = results()
    out.print(
        f"{counted(found.looked_at, 'upload')} older than {older_than:g} minutes, "
        f"{len(found.unanswered):,} without a final record."
    )
    if found.unanswered and (queued := waiting(there, there.sqs())):
        out.print(
            f"About {counted(queued, 'message')} wait in the queues: some of these may only be waiting."
        )
    if dry_run:
        for key in sorted(found.unanswered):
            out.print(key)
    if dry_run or not found.unanswered:
        return
    with bars() as progress:
        task = progress.add_task("Queued again", total=len(found.unanswered))
        outcome = requeue_all(s3, uploads, found.unanswered, lambda: progress.advance(task))
    out.print(f"{counted(outcome.requeued, 'upload')} queued again.")
    if outcome.gone:
        out.print(f"{counted(outcome.gone, 'upload')} deleted or replaced meanwhile.")
    show_reasons(out, "not queued", outcome.failed)
    if outcome.failed:
        raise typer.Exit(1)
