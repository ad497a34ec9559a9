"""Limit the memory of a block: an allocation beyond it fails, and the process lives on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Pages of a process, https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
_PAGES = Path("/proc/self/statm")
_DATA = 5


@contextmanager
def memory_limit(extra: int | None) -> Iterator[None]:
    """Let the process allocate a number of bytes at most beyond what it has.

    Not limited: without a number, on systems other than Linux, and by more than the limit of the process.
    It counts the allocations of all threads.
    """
    if extra is None or not _PAGES.exists():
        yield
        return
    import resource  # noqa: PLC0415 - not on Windows

    before, highest = resource.getrlimit(resource.RLIMIT_DATA)
    limit = int(_PAGES.read_text().split()[_DATA]) * os.sysconf("SC_PAGE_SIZE") + extra
    if any(given != resource.RLIM_INFINITY and given < limit for given in (before, highest)):
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (limit, highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, highest))
