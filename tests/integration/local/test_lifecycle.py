"""How the stack starts, and how it ends."""

import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.integration.local.running import ROOT, SMALL, command, eventually, processes_of, serving


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """A small template that no other test runs."""
    shutil.copytree(SMALL, tmp_path / "stack")
    return tmp_path / "stack" / "template.yaml"


def refused(template: Path, *options: str) -> str:
    """Run a stack that cannot start and return its one message."""
    finished = subprocess.run(
        command(template, *options), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert not (template.parent / ".frond" / "stack.json").exists()
    return finished.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_it_in_the_middle_of_a_call(
    template: Path, tmp_path: Path, number: signal.Signals
) -> None:
    stack_file = template.parent / ".frond" / "stack.json"
    stack_file.parent.mkdir()
    stack_file.write_text('{"pid": 999999999}')  # left by a stack that was killed
    with serving(template, tmp_path / "log") as running:
        told = running.ask("/open").json()
        assert processes_of(template.parent) != []
        host, _, port = running.facts["api_url"].removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as caller:
            request = f"GET /sleep HTTP/1.1\r\nHost: x\r\nx-api-key: {running.facts['api_key']}\r\n\r\n"
            caller.sendall(request.encode())
            running.process.send_signal(number)
            assert running.process.wait(30) == 0
    assert told["pid"] not in processes_of(template.parent)
    assert eventually(lambda: processes_of(template.parent) == [] or None)
    assert not stack_file.exists()
    printed = running.log.read_text()
    assert "Traceback" not in printed
    assert f"{running.facts['api_url']}/#key={running.facts['api_key']}" in printed
    assert running.facts["aws_endpoint_url"] in printed


def test_a_port_in_use_is_said_plainly(template: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Cannot listen on 127.0.0.1:{port} (Address already in use)" in refused(
            template, "--port", port
        )


def test_a_template_that_is_none_is_said_plainly(template: Path) -> None:
    template.write_text("a: [")
    assert "template.yaml is not YAML" in refused(template, "--port", "0")
