"""Start and stop the stack."""

import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import ROOT
from tests.support.running_stack import processes_of, running_stack, serve_command
from tests.support.waiting import HANG_S, eventually


def error_of(template: Path, *options: str) -> str:
    """Run a stack that cannot start and return its error message."""
    finished = subprocess.run(
        serve_command(template, *options),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )
    assert finished.returncode == 1
    assert "Traceback" not in finished.stderr
    assert not (template.parent / ".frond" / "stack.json").exists()
    return finished.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_a_request_stops_every_process(
    template: Path, tmp_path: Path, number: signal.Signals
) -> None:
    stack_file = template.parent / ".frond" / "stack.json"
    stack_file.parent.mkdir()
    stack_file.write_text('{"pid": 999999999}')  # of a stack that was killed
    with running_stack(tmp_path / "log", template=template) as running:
        response = running.request("/open").json()
        assert processes_of(template.parent) != []
        scratch = Path(response["environment"]["TMPDIR"])  # of this stack alone
        assert scratch.is_dir()
        api = urlsplit(running.api_url)
        with socket.create_connection((api.hostname, api.port)) as caller:
            request = f"GET /sleep HTTP/1.1\r\nHost: x\r\nx-api-key: {running.info['api_key']}\r\n\r\n"
            caller.sendall(request.encode())
            running.process.send_signal(number)
            assert running.process.wait(HANG_S) == 0
    assert response["pid"] not in processes_of(template.parent)
    assert eventually(lambda: processes_of(template.parent) == [] or None)
    assert not stack_file.exists()
    assert not scratch.exists()
    printed = running.log.read_text()
    assert "Traceback" not in printed
    assert f"{running.api_url}/#key={running.api_key}" in printed
    assert running.info["aws_endpoint_url"] in printed


def test_a_port_in_use_is_reported(template: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert f"Cannot listen on 127.0.0.1:{port} (Address already in use)" in error_of(
            template, "--port", port
        )


def test_an_invalid_template_is_reported(template: Path) -> None:
    template.write_text("a: [")
    assert "template.yaml is not YAML" in error_of(template, "--port", "0")
