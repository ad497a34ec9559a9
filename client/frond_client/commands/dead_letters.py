"""What the queues gave up on."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from frond_client.commands.options import StackName

if TYPE_CHECKING:
    from rich.table import Table

    from frond_client.dead_letter_reasons import Explained

dlq = typer.Typer(no_args_is_help=True, help="Look at what the queues gave up on, and try it again.")


@dlq.command("list")
def list_dead_letters(
    stack: StackName = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list, for programs.")] = False,
) -> None:
    """Show each message of both dead-letter queues: what it names, since when, and why it is there.

    Messages stay where they are. That this command receives them counts in how often they were received.
    """
    import json

    from frond_client.console import counted, messages, results
    from frond_client.dead_letter_reasons import explain
    from frond_client.dead_letters import NAMES, DeadLetters
    from frond_client.stack import find_stack

    there = find_stack(stack)
    sqs = there.sqs()
    found: list[Explained] = []
    hidden = 0
    for name in NAMES:
        queue = DeadLetters(there, sqs, name)
        hidden += queue.held_elsewhere()
        if letters := queue.look():
            with there.frond() as frond:
                found += explain(name, letters, frond)
    if hidden:
        messages().print(
            f"Somebody else looks at {counted(hidden, 'message')} right now; they can be seen in a minute."
        )
    if as_json:
        typer.echo(json.dumps([each.as_json() for each in found], indent=2))
    elif found:
        results().print(_table(found))
        results().print(f"{counted(len(found), 'message')}. `frond dlq redrive` tries them again.")
    else:
        results().print("Both dead-letter queues are empty.")


@dlq.command()
def redrive(
    queue: Annotated[
        Literal["uploads", "pictures"] | None, typer.Option(help="Only of this queue; of both by default.")
    ] = None,
    stack: StackName = None,
) -> None:
    """Send each message of the dead-letter queues back to its queue, to be tried again.

    A message is sent before it is deleted, so that none is lost; one that is sent twice does no harm.
    """
    from frond_client.console import counted, messages, results
    from frond_client.dead_letters import NAMES, DeadLetters
    from frond_client.stack import find_stack

    there = find_stack(stack)
    sqs = there.sqs()
    failed = False
    for name in [queue] if queue else NAMES:
        outcome = DeadLetters(there, sqs, name).redrive()
        results().print(f"{name}: {counted(outcome.moved, 'message')} sent back.")
        if outcome.doubled:
            results().print(
                f"{name}: {counted(outcome.doubled, 'message')} sent back but not deleted here, "
                "so that they may be sent again. That does no harm."
            )
        if outcome.kept:
            results().print(f"{name}: {counted(outcome.kept, 'message')} not sent, and still there.")
        for reason in sorted(outcome.reasons):
            messages().print(reason)
        failed = failed or bool(outcome.reasons)
    if failed:
        raise typer.Exit(1)


def _table(found: "list[Explained]") -> "Table":
    from rich.table import Table

    table = Table()
    for heading in ("queue", "sent", "received"):
        table.add_column(heading, no_wrap=True)
    for heading in ("names", "why"):
        table.add_column(heading, overflow="fold")
    for each in found:
        names = "\n".join(each.names) or each.message_id
        table.add_row(each.queue, each.sent_at, str(each.received), names, each.why)
    return table
