"""The local stack of a small template, running as its users run it: as a command."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import urllib3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

ROOT = Path(__file__).parents[3]
SMALL = Path(__file__).with_name("stack")
START_S = 300
Found = TypeVar("Found")


@dataclass(frozen=True)
class Running:
    """A running stack: its process, what it printed and what its stack.json says."""

    process: subprocess.Popen[bytes]
    log: Path
    facts: dict[str, Any]

    def ask(
        self, path: str, method: str = "GET", *, key: str | None = None, base: str = "", **options: Any
    ) -> urllib3.BaseHTTPResponse:
        """Call the API, or another address, with the API's key unless another is given."""
        headers = {"x-api-key": self.facts["api_key"] if key is None else key, **options.pop("headers", {})}
        return urllib3.PoolManager().request(
            method,
            (base or self.facts["api_url"]) + path,
            headers=headers,
            retries=False,
            timeout=60,
            **options,
        )

    def client(self, service: str) -> Any:
        return boto3.client(
            service,  # type: ignore[call-overload]  # the callers say which client it is
            endpoint_url=self.facts["aws_endpoint_url"],
            region_name=self.facts["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    @property
    def s3(self) -> "S3Client":
        client: S3Client = self.client("s3")
        return client

    @property
    def sqs(self) -> "SQSClient":
        client: SQSClient = self.client("sqs")
        return client


def command(template: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "local", "serve", "--template", str(template), *options]


@contextmanager
def serving(template: Path, log: Path, *options: str) -> Iterator[Running]:
    """Run a stack, and end it as Ctrl-C does."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command(template, "--port", "0", *options), cwd=ROOT, stdout=output, stderr=output
        )
    try:
        yield Running(process, log, _facts(process, template.parent / ".frond" / "stack.json", log))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()


def _facts(process: subprocess.Popen[bytes], stack_file: Path, log: Path) -> dict[str, Any]:
    def written() -> Any:
        assert process.poll() is None, log.read_text()
        facts = json.loads(stack_file.read_text()) if stack_file.exists() else {}
        return facts if facts.get("pid") == process.pid else None

    facts: dict[str, Any] = eventually(written, START_S)
    return facts


def eventually(found: Callable[[], Found | None], patience: float = 30) -> Found:
    """Return what is found, once it is."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        if (value := found()) is not None:
            return value
        time.sleep(0.1)
    raise TimeoutError(f"not found within {patience} s")


def processes_of(folder: Path) -> list[int]:
    """Return the processes that work in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(folder):
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]
