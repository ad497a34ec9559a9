"""``python -m local serve``: the stack on this machine until Ctrl-C."""

import errno
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.logging import RichHandler

from local.api import api as rest_api
from local.cloud import Cloud
from local.function import Function, functions
from local.gateway import Gateway, Server
from local.queue_source import queue_sources
from local.runtimes.emulator import EmulatorInstance
from local.runtimes.environment import InstallationError, environment
from local.runtimes.pool import Pool
from local.runtimes.process import ProcessInstance
from local.stack_file import Address, StackFile, address, owner, running
from local.template import TemplateError, read

app = typer.Typer(add_completion=False, help=__doc__, no_args_is_help=True)
_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)


class Runtime(StrEnum):
    """What runs the functions."""

    PROCESS = "process"
    RIE = "rie"


@app.callback()
def main() -> None:
    """Run the stack of a SAM template on this machine."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The API's port; 0 for any free one.")] = 3000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    runtime: Annotated[
        Runtime, typer.Option(help="Plain processes, or the real Lambda runtime.")
    ] = Runtime.PROCESS,
    template: Annotated[Path, typer.Option(help="The SAM template to run.")] = Path("template.yaml"),
) -> None:
    """Serve the API, S3 and the queues until Ctrl-C."""
    _end_on_signals()
    logging.basicConfig(level=logging.WARNING, format="%(message)s", handlers=[_log_handler()])
    logging.getLogger("local").setLevel(logging.INFO)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    try:
        with ExitStack() as running_parts:
            where = _start(running_parts, host, port, runtime, template)
            _announce(where)
            threading.Event().wait()
    except (TemplateError, InstallationError, PortError) as error:
        _err.print(f"[red]{error}[/red]")
        raise typer.Exit(1) from error
