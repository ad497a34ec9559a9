"""Wait for idle CPUs before each measurement.

Thread pools of the previous implementation spin for tens of milliseconds after their work. On two cores
such a thread doubles the time of a network with two threads. Other processes may be busy, too.
"""

import time
from pathlib import Path

# Long enough for /proc/stat, which counts in hundredths of a second.
WINDOW_S = 0.1
# CPUs count as idle if together they are busy for less than this share of the window.
IDLE_CPUS = 0.2
MAX_WAIT_S = 90.0
TICKS_A_SECOND = 100
_STAT = Path("/proc/stat")
# Of the columns of /proc/stat: user, nice, system; then idle and waiting for disks; then interrupts, stolen.
_IDLE = slice(3, 5)
_COLUMNS = 8


class IdleWaiter:
    """Wait until all CPUs are idle, up to a total waiting time.

    Attributes
    ----------
    turns, disturbed
        Number of turns that waited, and of turns that began with busy CPUs after the total was used up.
    """

    def __init__(self, max_wait: float = MAX_WAIT_S) -> None:
        self.turns = self.disturbed = 0
        self._remaining = max_wait

    def wait(self) -> None:
        """Return when all CPUs are idle, or when the total waiting time is used up."""
        self.turns += 1
        while self._busy() > IDLE_CPUS:
            if self._remaining <= 0:
                self.disturbed += 1
                return
            self._remaining -= WINDOW_S

    def summary(self) -> str:
        """Return a sentence about the disturbed turns."""
        return f"other processes were busy in {self.disturbed} of {self.turns} turns"

    def _busy(self) -> float:
        """Return how many CPUs were busy during a window."""
        before = _busy_ticks()
        time.sleep(WINDOW_S)
        return (_busy_ticks() - before) / (WINDOW_S * TICKS_A_SECOND)


def _busy_ticks() -> int:
    """Return the busy time of all CPUs together in ticks; 0 without ``/proc/stat``."""
    try:
        first = _STAT.read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return 0
    ticks = [int(number) for number in first.split()[1 : 1 + _COLUMNS]]
    return sum(ticks) - sum(ticks[_IDLE])
