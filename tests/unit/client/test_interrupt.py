"""Ctrl-C and a kill, in a separate process."""

import csv
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.waiting import HANG_S
from tests.unit.client.conftest import Run
from tests.unit.client.fake_stack import FakeStack, succeeded

pytestmark = pytest.mark.slow
PHOTOS = 80


def start_upload(stack: FakeStack, photos: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "frond_client", "upload", str(photos), *options],
        env={**os.environ, "PYTHONPATH": str(ROOT / "client")},
        cwd=stack.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Background jobs of a shell ignore SIGINT, and so do the processes that they start.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no other threads
    )


def keys(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as lines:
        return sorted(row["key"] for row in csv.DictReader(lines))


def test_ctrl_c_ends_cleanly_and_the_same_command_resumes(stack: FakeStack, photos: Path, frond: Run) -> None:
    file = stack.folder / "field 7.csv"
    stack.put_result("field 7/a.jpg", succeeded())
    process = start_upload(stack, photos)
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
    assert keys(file) == stack.uploaded_keys()


def test_a_killed_upload_resumes_and_sends_every_photo_once(
    stack: FakeStack, photos: Path, frond: Run
) -> None:
    for path in photos.iterdir():
        path.unlink()
    for number in range(PHOTOS):
        (photos / f"{number:03}.jpg").write_bytes(b"photo %d" % number)
    with stack.classifying():
        process = start_upload(stack, photos, "--workers", "1")
        while len(stack.uploaded_keys()) < 5:
            assert process.poll() is None, process.communicate()
        process.kill()
        process.communicate(timeout=HANG_S)
        before = len(stack.uploaded_keys())
        result = frond("upload", photos)

    assert 0 < before < PHOTOS
    assert result.exit_code == 0, result.output
    assert len(stack.uploaded_keys()) == PHOTOS
    assert keys(stack.folder / "field 7.csv") == stack.uploaded_keys()
    versions = [stack.versions(key) for key in stack.uploaded_keys()]
    # S3 may have stored the one that was under way after the second run looked.
    assert sum(versions) <= PHOTOS + 1
