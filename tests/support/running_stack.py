"""Start the local stack as ``make serve`` does, and call it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import urllib3

from local.stack_file import owner_pid
from tests.conftest import ROOT
from tests.support.waiting import HANG_S, eventually

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

TEMPLATE = ROOT / "template.yaml"
LOCAL = ("-m", "local")
# Tests send more requests a second than callers may.
LIMITS = ("ThrottleRate", "ThrottleBurst", "KeylessRate", "KeylessBurst")
UNTHROTTLED = tuple(option for name in LIMITS for option in ("--parameter", f"{name}=100000"))


@dataclass(frozen=True)
class RunningStack:
    """A running stack, and clients for its API and its AWS services.

    Attributes
    ----------
    process
        Process of the stack.
    log
        File with its output.
    info
        Content of its ``stack.json``.
    """

    process: subprocess.Popen[bytes]
    log: Path
    info: dict[str, Any]

    @property
    def api_url(self) -> str:
        return str(self.info["api_url"]).rstrip("/")

    @property
    def api_key(self) -> str:
        return str(self.info["api_key"])

    def request(
        self, path: str, method: str = "GET", *, key: str | None = None, base: str = "", **options: Any
    ) -> urllib3.BaseHTTPResponse:
        """Send a request to the API, or to another base URL, with the API's key unless another is given."""
        headers = {"x-api-key": self.api_key if key is None else key, **options.pop("headers", {})}
        url = (base or self.api_url) + path
        return urllib3.PoolManager().request(
            method, url, headers=headers, retries=False, timeout=HANG_S, **options
        )

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service."""
        return boto3.client(
            service,  # type: ignore[call-overload]  # the callers say which client it is
            endpoint_url=self.info["aws_endpoint_url"],
            region_name=self.info["region"],
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )

    @property
    def s3(self) -> "S3Client":
        client: S3Client = self.client("s3")
        return client

    @property
    def sqs(self) -> "SQSClient":
        client: SQSClient = self.client("sqs")
        return client

    def queue_length(self, url: str) -> int:
        """Return the number of messages in a queue, those in flight included."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(count) for count in attributes.values())


def link_project(folder: Path, *replacements: tuple[str, str]) -> Path:
    """Make a folder with a copy of the project's template and links to its code.

    Parameters
    ----------
    folder
        Folder to create.
    replacements
        Texts of the template and what replaces them.

    Returns
    -------
    Path
        The copy of the template.
    """
    text = TEMPLATE.read_text(encoding="utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    folder.mkdir()
    for name in ("functions", "layers"):
        (folder / name).symlink_to(ROOT / name)
    template = folder / TEMPLATE.name
    template.write_text(text, encoding="utf-8")
    return template


def serve_command(template: Path, *options: str, program: Sequence[str] = LOCAL) -> list[str]:
    """Return the command that serves a template."""
    return [sys.executable, *program, "serve", "--template", str(template), *options]


@contextmanager
def running_stack(
    log: Path,
    *options: str,
    template: Path = TEMPLATE,
    program: Sequence[str] = LOCAL,
    environment: Mapping[str, str] | None = None,
) -> Iterator[RunningStack]:
    """Start a stack, wait until it serves, and stop it as Ctrl-C does.

    Its limits of requests a second are high, unless the options set others.

    Parameters
    ----------
    log
        File for its output.
    options
        Options of ``python -m local serve``.
    template
        Template to serve.
    program
        What Python runs instead of ``-m local``.
    environment
        Environment variables in addition to those of this process.
    """
    unthrottled = UNTHROTTLED if LIMITS[0] in template.read_text(encoding="utf-8") else ()
    command = serve_command(template, "--port", "0", "--verbose", *unthrottled, *options, program=program)
    stack_file = template.parent / ".frond" / "stack.json"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=output, stderr=output
        )
    try:
        yield RunningStack(process, log, _wait_for_info(process, stack_file, log))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(HANG_S) == 0, log.read_text()
        assert owner_pid(stack_file) != process.pid


def _wait_for_info(process: subprocess.Popen[bytes], stack_file: Path, log: Path) -> dict[str, Any]:
    def read() -> dict[str, Any] | None:
        assert process.poll() is None, f"The stack stopped at its start:\n{log.read_text()}"
        info = json.loads(stack_file.read_text()) if stack_file.exists() else {}
        return info if info.get("pid") == process.pid else None

    return eventually(read)


def processes_of(folder: Path) -> list[int]:
    """Return the processes whose working directory is in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]
