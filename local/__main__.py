"""``python -m local serve``: the stack on this machine until Ctrl-C."""

import logging
import os
import secrets
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from local.assembly import Runtime, running_stack
from local.runtimes.environment import InstallationError
from local.stack_file import Address, owner, running
from local.template import TemplateError, read

app = typer.Typer(add_completion=False, no_args_is_help=True)
_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)


@app.callback()
def main() -> None:
    """Run the stack of a SAM template on this machine."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The API's port; 0 for any free one.")] = 3000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    runtime: Annotated[
        Runtime, typer.Option(help="Plain processes, or the real Lambda runtime (rie).")
    ] = Runtime.PROCESS,
    template: Annotated[Path, typer.Option(help="The SAM template to run.")] = Path("template.yaml"),
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="In place of a parameter's default.")
    ] = None,
) -> None:
    """Serve the API, the buckets and the queues until Ctrl-C.

    The API key is made anew at every start, unless FROND_API_KEY gives one.
    """
    _end_on_signals()
    _log_to_terminal()
    key = os.environ.get("FROND_API_KEY") or secrets.token_urlsafe(24)
    try:
        with _bound(host, port) as bound:
            _warn_of_another(template.resolve().parent / ".frond" / "stack.json")
            with running_stack(read(template, _named(parameter or [])), bound, runtime, key) as where:
                _announce(where)
                _wait_for_a_signal()
    except (TemplateError, InstallationError) as error:
        _fail(str(error))


def _named(parameters: list[str]) -> dict[str, str]:
    pairs = [parameter.partition("=") for parameter in parameters]
    if not all(name and equals for name, equals, _ in pairs):
        raise typer.BadParameter("Give it as NAME=VALUE.", param_hint="--parameter")
    return {name: value for name, _, value in pairs}


def _end_on_signals() -> None:
    """Turn the usual signals into an orderly exit; a second one does not interrupt it."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(0)

    for each in signals:
        signal.signal(each, end)


def _wait_for_a_signal() -> NoReturn:
    # Not one wait without end: a signal that comes just before it begins would not end it.
    while True:
        time.sleep(0.5)


def _log_to_terminal() -> None:
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("local").setLevel(logging.INFO)
    # Moto's server would write a line for every call to it.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


def _bound(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        _fail(f"Cannot listen on {host}:{port} ({reason}). Choose another: make serve PORT=…")


def _warn_of_another(stack_file: Path) -> None:
    pid = owner(stack_file)
    if pid is not None and running(pid):
        _err.print(f"Another stack is running (process {pid}); {stack_file.name} will name this one now.")


def _announce(where: Address) -> None:
    _out.print(f"Page      {where.api_url}/#key={where.api_key}")
    _out.print(f"API key   {where.api_key}")
    _out.print(f"S3        {where.aws_endpoint_url}  (bucket {where.uploads_bucket})")
    _out.print("Ctrl-C stops everything.")


def _fail(message: str) -> NoReturn:
    _err.print(message, style="red", markup=False)
    raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m local")
