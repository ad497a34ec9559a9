"""Limit a process to a share of the CPUs, as Lambda does by memory size."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep

CONTROL_GROUPS = Path("/sys/fs/cgroup")
# A short period, so that throttling also shows in calls of a few milliseconds.
PERIOD_US = 20_000


class NoControlGroupError(Exception):
    """This machine or this user cannot limit CPUs."""


@dataclass(frozen=True)
class CpuShare:
    """A control group that limits its processes and their children to a share of the CPUs."""

    folder: Path

    def add(self, process: int) -> None:
        """Add a process with all its threads to the group."""
        (self.folder / "cgroup.procs").write_text(str(process), encoding="ascii")

    def processes(self) -> list[int]:
        """Return the processes in the group."""
        return [int(process) for process in _text(self.folder / "cgroup.procs").split()]

    def wait(self) -> None:
        """Wait until its killed processes are gone."""
        while self.processes():
            sleep(0.01)


@contextmanager
def cpu_share(cpus: float, name: str, root: Path = CONTROL_GROUPS) -> Iterator[CpuShare]:
    """Create a control group while the context is open; its processes must end before.

    Up to its share it has priority over all other processes.

    Parameters
    ----------
    cpus
        Number of CPUs that its processes may use together.
    name
        Name of the group, which must not exist.
    root
        Mount point of control groups version 2, or version 1 with a folder ``cpu``.

    Raises
    ------
    NoControlGroupError
        If this user may not limit CPUs: only root may, and not in every container.
    """
    quota = round(cpus * PERIOD_US)
    unified = "cpu" in _text(root / "cgroup.controllers").split()
    folder = (root if unified else root / "cpu") / f"{name}-{os.getpid()}"
    try:
        if unified:
            (root / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
        folder.mkdir()
        if unified:
            (folder / "cpu.max").write_text(f"{quota} {PERIOD_US}", encoding="ascii")
            (folder / "cpu.weight").write_text("10000", encoding="ascii")
        else:
            (folder / "cpu.cfs_period_us").write_text(str(PERIOD_US), encoding="ascii")
            (folder / "cpu.cfs_quota_us").write_text(str(quota), encoding="ascii")
            (folder / "cpu.shares").write_text("262144", encoding="ascii")
    except OSError as error:
        raise NoControlGroupError(
            f"CPUs cannot be limited here ({error}). Run it as root, on Linux, outside a container."
        ) from error
    try:
        yield CpuShare(folder)
    finally:
        folder.rmdir()


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii") if path.exists() else ""
