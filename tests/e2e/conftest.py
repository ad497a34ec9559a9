"""The whole stack, running as `make serve` runs it."""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
STATE = ROOT / ".frond" / "stack.json"
START_SECONDS = 300


@dataclass(frozen=True)
class Stack:
    """A running stack: what `.frond/stack.json` tells, and its process."""

    facts: dict[str, Any]
    process: subprocess.Popen[str]

    @property
    def api_url(self) -> str:
        return str(self.facts["api_url"]).rstrip("/")

    @property
    def api_key(self) -> str:
        return str(self.facts["api_key"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_stack(log: Path, *options: str) -> Iterator[Stack]:
    """Start the stack, wait until it is ready, and stop it as Ctrl-C does."""
    command = [sys.executable, "-m", "local", "serve", "--port", str(free_port()), *options]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT, text=True)
    try:
        yield Stack(_wait_for_facts(process, log), process)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()
        assert not STATE.exists()


def _wait_for_facts(process: subprocess.Popen[str], log: Path) -> dict[str, Any]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"The stack stopped at its start:\n{log.read_text()}")
        if STATE.exists() and (facts := json.loads(STATE.read_text()))["pid"] == process.pid:
            return dict(facts)
        time.sleep(0.2)
    raise TimeoutError(f"The stack was not ready in time:\n{log.read_text()}")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Return the stack as `make serve` starts it, one for all tests that do not change it."""
    with running_stack(tmp_path_factory.mktemp("stack") / "log") as running:
        yield running
