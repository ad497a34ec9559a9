"""The `frond` command."""

import sys
from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from frond_client.aws_errors import aws_error_message
from frond_client.commands.batch import batch
from frond_client.commands.classify import classify
from frond_client.commands.cost import cost
from frond_client.commands.dead_letters import dlq
from frond_client.commands.detect import detect
from frond_client.commands.keys import keys
from frond_client.commands.reconcile import reconcile
from frond_client.commands.upload import upload
from frond_client.commands.usage import usage
from frond_client.errors import FrondError
from frond_client.exit_codes import ExitCode


class Commands(TyperGroup):
    """The commands. An error that the user can fix is printed without a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command and print its errors."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        except Exception as error:
            message = str(error) if isinstance(error, FrondError) else aws_error_message(error)
            if message is None:
                raise
            typer.secho(f"Error: {message}", err=True, fg="red")
            raise typer.Exit(ExitCode.FAILED) from None


app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"frond {version('frond-client')}")
        raise typer.Exit


@app.callback()
def frond(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Identify the plants in photos, and operate the stack that does it."""


app.command()(classify)
app.command()(detect)
app.command()(upload)
app.command()(usage)
app.add_typer(dlq, name="dlq")
app.add_typer(keys, name="keys")
app.command()(reconcile)
app.command()(cost)
app.add_typer(batch, name="batch")


def main() -> None:
    """Run the command line."""
    # The encoding of a pipe may lack characters of file names; print a question mark for them.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="frond")


if __name__ == "__main__":
    main()
