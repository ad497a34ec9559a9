"""Ctrl-C, in a process of its own."""

import csv
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from tests.conftest import ROOT
from tests.unit.client.conftest import Run
from tests.unit.client.small_stack import SmallStack, succeeded


def test_ctrl_c_ends_cleanly_and_the_same_command_goes_on(
    stack: SmallStack, photos: Path, frond: Run
) -> None:
    file = stack.folder / "field 7.csv"
    stack.answer("field 7/a.jpg", succeeded())
    process = subprocess.Popen(
        [sys.executable, "-m", "frond_client", "upload", str(photos)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "client")},
        cwd=stack.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in its background has them, and what they start, ignore Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - nothing else in it
    )
    deadline = time.monotonic() + 60
    while not file.exists() or len(stack.uploaded()) < 3:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        stack.answer("field 7/a.jpg", succeeded())
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert "The same command goes on where it was." in said[1]
    assert "Traceback" not in said[1]
    with stack.classifying():
        result = frond("upload", photos)
    assert result.exit_code == 0, result.output
    assert "0 sent now, 2 were uploaded already, 1 were finished already" in result.stdout
    with file.open(encoding="utf-8", newline="") as lines:
        assert sorted(row["key"] for row in csv.DictReader(lines)) == stack.uploaded()
