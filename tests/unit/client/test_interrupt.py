"""Ctrl-C, in a separate process."""

import csv
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

from tests.conftest import ROOT
from tests.support.waiting import HANG_S
from tests.unit.client.conftest import Run
from tests.unit.client.fake_stack import FakeStack, succeeded


def test_ctrl_c_ends_cleanly_and_the_same_command_resumes(stack: FakeStack, photos: Path, frond: Run) -> None:
    file = stack.folder / "field 7.csv"
    stack.put_result("field 7/a.jpg", succeeded())
    process = subprocess.Popen(
        [sys.executable, "-m", "frond_client", "upload", str(photos)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "client")},
        cwd=stack.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Background jobs of a shell ignore SIGINT, and so do the processes that they start.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no other threads
    )
    deadline = time.monotonic() + HANG_S
    while not file.exists() or len(stack.uploaded_keys()) < 3:
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        stack.put_result("field 7/a.jpg", succeeded())
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=HANG_S)
    assert process.returncode == 130, err
    assert "Run the same command again to resume." in err
    assert "Traceback" not in err
    with stack.classifying():
        result = frond("upload", photos)
    assert result.exit_code == 0, result.output
    assert "0 sent now, 2 were uploaded already, 1 were finished already" in result.stdout
    with file.open(encoding="utf-8", newline="") as lines:
        assert sorted(row["key"] for row in csv.DictReader(lines)) == stack.uploaded_keys()
