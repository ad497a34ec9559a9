"""``python -m local serve``: run the stack on this machine until Ctrl-C."""

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

from local.concurrent_executions import NEW_ACCOUNT
from local.log_files import LogFiles
from local.runtimes.environment import InstallationError
from local.sam_build import read_build
from local.stack_file import StackInfo, is_running, owner_pid
from local.stack_lifecycle import Runtime, running_stack
from local.template import REGION, TemplateError, read

# https://docs.aws.amazon.com/apigateway/latest/api/API_CreateApiKey.html
API_KEY_LENGTHS = range(20, 129)
SAMPLE_PHOTO = "events/photos/zea-mays.jpg"
SAMPLE_ANSWER = (
    '{"status": "succeeded", "verdict": "identified",\n'
    ' "predictions": [{"species": "zea-mays", "scientific_name": "Zea mays", "common_name": "Maize", '
    '"role": "crop", "confidence": 0.994}], …}'
)

app = typer.Typer(add_completion=False, no_args_is_help=True)
_out = Console(soft_wrap=True, highlight=False)
_err = Console(stderr=True, soft_wrap=True, highlight=False)


@app.callback()
def main() -> None:
    """Run the stack of a SAM template on this machine."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the API; 0 picks a free one.")] = 3000,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    runtime: Annotated[
        Runtime,
        typer.Option(help="process: plain Python processes. rie: AWS's Lambda runtime interface emulator."),
    ] = Runtime.PROCESS,
    template: Annotated[Path, typer.Option(help="The SAM template to run.")] = Path("template.yaml"),
    built: Annotated[
        bool, typer.Option("--built", help="Run what `sam build` made, instead of the working tree.")
    ] = False,
    region: Annotated[str, typer.Option(help="AWS region of the stack.")] = REGION,
    concurrency: Annotated[
        int, typer.Option(min=1, help="Concurrent executions of the account; a new account has ten.")
    ] = NEW_ACCOUNT,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Override a parameter of the template.")
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Print all logs instead of writing them to .frond/logs.")
    ] = False,
) -> None:
    """Serve the API, the buckets and the queues until Ctrl-C.

    Each start generates a new API key of the operator, unless FROND_API_KEY sets one.
    """
    if built and runtime is Runtime.RIE:
        raise typer.BadParameter("A build runs in processes only.", param_hint="--runtime")
    _exit_on_signals()
    key = os.environ.get("FROND_API_KEY") or secrets.token_urlsafe(24)
    if len(key) not in API_KEY_LENGTHS:
        _fail(f"FROND_API_KEY has {len(key)} characters. API Gateway takes 20 to 128.")
    try:
        with _listen(host, port) as listener:
            root = template.resolve().parent
            folder = _log_folder(root / ".frond")
            source = (read_build if built else read)(template, _parse(parameter or []), region)
            logs = LogFiles(None if verbose else folder)
            logs.configure_logging()
            _out.print("Starting the stack …")
            with running_stack(source, listener, runtime, key, concurrency, logs) as info:
                _print_usage(info, root, logs)
                _wait_for_signal()
    except (TemplateError, InstallationError) as error:
        _fail(str(error))


def _parse(parameters: list[str]) -> dict[str, str]:
    pairs = [parameter.partition("=") for parameter in parameters]
    if not all(name and equals for name, equals, _ in pairs):
        raise typer.BadParameter("Write it as NAME=VALUE.", param_hint="--parameter")
    return {name: value for name, _, value in pairs}


def _exit_on_signals() -> None:
    """Exit in order on SIGINT, SIGTERM and SIGHUP; ignore a second signal."""
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def stop(_number: int, _frame: FrameType | None) -> NoReturn:
        for each in signals:
            signal.signal(each, signal.SIG_IGN)
        sys.exit(0)

    for each in signals:
        signal.signal(each, stop)


def _wait_for_signal() -> NoReturn:
    # Short sleeps: a signal that arrives just before one long sleep would not end it.
    while True:
        time.sleep(0.5)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        _fail(f"Cannot listen on {host}:{port} ({reason}). Choose another port: make serve PORT=…")


def _log_folder(home: Path) -> Path:
    """Return the folder of this stack's logs: one of its own beside another running stack."""
    pid = owner_pid(home / "stack.json")
    if pid is None or not is_running(pid):
        return home / "logs"
    _err.print(f"Another stack runs here (process {pid}). While both run, stack.json describes this one.")
    return home / "logs" / str(os.getpid())


def _print_usage(info: StackInfo, root: Path, logs: LogFiles) -> None:
    _out.print(f"Page      {info.api_url}/#key={info.api_key}")
    _out.print(f"API key   {info.api_key}")
    _out.print(f"S3        {info.aws_endpoint_url}  (bucket {info.uploads_bucket})")
    if logs.folder is not None:
        _out.print(
            f"Logs      {logs.folder.relative_to(root)}  (make serve VERBOSE=1 prints them)", markup=False
        )
    if (root / SAMPLE_PHOTO).exists():
        _out.print(f"\nClassify a sample photo:\n\n{sample_request(info)}\n\n{SAMPLE_ANSWER}\n", markup=False)
    _out.print("Ctrl-C stops everything.")


def sample_request(info: StackInfo) -> str:
    """Return a ``curl`` command that classifies the sample photo, to paste into a shell."""
    url = f"{info.api_url}/v1/classifications?top=1"
    return f'curl -H "x-api-key: {info.api_key}" -F image=@{SAMPLE_PHOTO} "{url}"'


def _fail(message: str) -> NoReturn:
    _err.print(message, style="red", markup=False)
    raise typer.Exit(1)


if __name__ == "__main__":
    app(prog_name="python -m local")
