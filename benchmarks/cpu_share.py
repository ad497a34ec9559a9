"""A share of this machine's processors, as Lambda gives one to a function for its memory."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep

CONTROL_GROUPS = Path("/sys/fs/cgroup")
# A short period: what has used up its share waits 20 ms at most, and short calls feel it, too.
PERIOD_US = 20_000


class NoControlGroupError(Exception):
    """This machine lets nobody limit processors, or not this user."""


@dataclass(frozen=True)
class CpuShare:
    """A control group; its processes, and those that they start, get no more than its share."""

    folder: Path

    def take(self, process: int) -> None:
        """Put a process, with all its threads, into the group."""
        (self.folder / "cgroup.procs").write_text(str(process), encoding="ascii")

    def processes(self) -> list[int]:
        """Return the processes that are in the group."""
        return [int(process) for process in _text(self.folder / "cgroup.procs").split()]

    def wait(self) -> None:
        """Wait until its processes, which were ended, are gone."""
        while self.processes():
            sleep(0.01)


@contextmanager
def cpu_share(cpus: float, name: str, root: Path = CONTROL_GROUPS) -> Iterator[CpuShare]:
    """Make a control group for as long as the context lasts; its processes have to end before it does.

    Up to its share, all else on the machine gives way to it.

    Parameters
    ----------
    cpus
        How many processors its processes may use together, over time.
    name
        Of the group; none may have it yet.
    root
        Where control groups are mounted: version 2 of them, or else version 1 with ``cpu`` in a folder.

    Raises
    ------
    NoControlGroupError
        Only root may limit processors, and not in every container.
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
            f"Processors cannot be limited here ({error}). Run it as root, on Linux, outside a container."
        ) from error
    try:
        yield CpuShare(folder)
    finally:
        folder.rmdir()


def _text(path: Path) -> str:
    return path.read_text(encoding="ascii") if path.exists() else ""
