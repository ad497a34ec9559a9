"""The commands of `frond`."""

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from frond_client.aws_errors import sentence
from frond_client.commands.classify import classify
from frond_client.commands.cost import cost
from frond_client.commands.dead_letters import dlq
from frond_client.commands.reconcile import reconcile
from frond_client.commands.upload import upload
from frond_client.errors import FrondError


class Commands(TyperGroup):
    """The commands; what a person can mend is told in a sentence, and the exit code is 1."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
            raise typer.Exit(130) from None
        except Exception as error:
            said = str(error) if isinstance(error, FrondError) else sentence(error)
            if said is None:
                raise
            typer.secho(f"Error: {said}", err=True, fg="red")
            raise typer.Exit(1) from None


app = typer.Typer(cls=Commands, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def frond() -> None:
    """Name the plants in your photos, and operate the stack that does it."""


app.command()(classify)
app.command()(upload)
app.add_typer(dlq, name="dlq")
app.command()(reconcile)
app.command()(cost)


def main() -> None:
    """Run a command."""
    # A pipe may be narrower than the names of photos; what it cannot show becomes a question mark.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    app(prog_name="frond")


if __name__ == "__main__":
    main()
