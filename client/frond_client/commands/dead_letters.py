"""The commands `frond dlq list` and `frond dlq redrive`."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from frond_client.commands import StackName
from frond_client.exit_codes import ExitCode

if TYPE_CHECKING:
    from rich.table import Table

    from frond_client.dead_letter_reasons import DeadLetterReason

dlq = typer.Typer(no_args_is_help=True, help="List and redrive the messages of the dead-letter queues.")


@dlq.command("list")
def list_dead_letters(
    stack: StackName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
) -> None:
    """List the messages of both dead-letter queues: their photos, age and reason.

    Messages stay in the queue. Listing them increases their receive count.
    """
    import json

    from frond_client.console import error_console, output_console, pluralize
    from frond_client.dead_letter_queue import QUEUE_NAMES, DeadLetterQueue
    from frond_client.dead_letter_reasons import find_reasons
    from frond_client.frond_stack import find_stack

    target = find_stack(stack)
    sqs = target.sqs()
    reasons: list[DeadLetterReason] = []
    in_flight = 0
    for name in QUEUE_NAMES:
        queue = DeadLetterQueue(target, sqs, name)
        in_flight += queue.count_in_flight()
        if letters := queue.peek():
            with target.frond() as frond:
                reasons += find_reasons(name, letters, frond)
    if in_flight:
        error_console().print(
            f"{pluralize(in_flight, 'message')} in flight to another consumer, not listed; "
            "try again in a minute."
        )
    if as_json:
        typer.echo(json.dumps([each.as_json() for each in reasons], indent=2))
    elif reasons:
        output_console().print(_table(reasons))
        output_console().print(f"{pluralize(len(reasons), 'message')}. `frond dlq redrive` retries them.")
    else:
        output_console().print("Both dead-letter queues are empty.")


@dlq.command()
def redrive(
    queue: Annotated[
        Literal["uploads", "pictures"] | None, typer.Option(help="Only this queue; both by default.")
    ] = None,
    stack: StackName = None,
) -> None:
    """Send the messages of the dead-letter queues back to their source queues, to retry them.

    A message is sent before it is deleted, so none is lost. Duplicates do no harm: processing is idempotent.
    """
    from frond_client.console import error_console, output_console, pluralize
    from frond_client.dead_letter_queue import QUEUE_NAMES, DeadLetterQueue
    from frond_client.frond_stack import find_stack

    target = find_stack(stack)
    sqs = target.sqs()
    failed = False
    for name in [queue] if queue else QUEUE_NAMES:
        result = DeadLetterQueue(target, sqs, name).redrive()
        output_console().print(f"{name}: {pluralize(result.moved, 'message')} sent back.")
        if result.duplicated:
            output_console().print(
                f"{name}: {pluralize(result.duplicated, 'message')} sent back but not deleted here; "
                "the next redrive sends them again, which does no harm."
            )
        if result.not_sent:
            output_console().print(
                f"{name}: {pluralize(result.not_sent, 'message')} not sent; still in the dead-letter queue."
            )
        for reason in sorted(result.reasons):
            error_console().print(reason)
        failed = failed or bool(result.reasons)
    if failed:
        raise typer.Exit(ExitCode.FAILED)


def _table(reasons: "list[DeadLetterReason]") -> "Table":
    from rich.table import Table

    table = Table()
    for heading in ("queue", "sent", "received"):
        table.add_column(heading, no_wrap=True)
    for heading in ("names", "why"):
        table.add_column(heading, overflow="fold")
    for each in reasons:
        names = "\n".join(each.names) or each.message_id
        table.add_row(each.queue, each.sent_at, str(each.received), names, each.why)
    return table
