"""Limit CPUs in both versions of control groups."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.cpu_share import NoControlGroupError, cpu_share

BUSY = """
import os, sys, time
open(sys.argv[1], "w").write(str(os.getpid()))
began = time.process_time()
while time.process_time() - began < 0.2:
    pass
"""


def test_the_quota_is_written_in_version_2(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io")
    with cpu_share(0.25, "quarter", tmp_path) as share:
        share.add(12)
        written = {file.name: file.read_text() for file in share.folder.iterdir()}
        # The kernel removes its files with the folder.
        for file in share.folder.iterdir():
            file.unlink()
    assert written == {"cpu.max": "5000 20000", "cpu.weight": "10000", "cgroup.procs": "12"}
    assert (tmp_path / "cgroup.subtree_control").read_text() == "+cpu"


def test_missing_permission_is_reported(tmp_path: Path) -> None:
    with pytest.raises(NoControlGroupError, match="Run it as root"), cpu_share(1, "one", tmp_path / "no"):
        pass


def test_a_process_gets_no_more_than_its_share() -> None:
    try:
        with cpu_share(0.25, "frond-test") as share:
            began = time.monotonic()
            subprocess.run([sys.executable, "-c", BUSY, str(share.folder / "cgroup.procs")], check=True)
            took = time.monotonic() - began
            share.wait()
    except NoControlGroupError as error:
        pytest.skip(str(error))
    assert took > 0.6
    assert not share.folder.exists()
