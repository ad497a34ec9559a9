"""Nobody's turn begins before the processors are idle.

Whoever had the turn before has threads that go on waiting for work, spinning, for tens of milliseconds. With
one core of two taken away so, a network with two threads takes twice as long. And others may be at work.
"""

import time
from pathlib import Path

# Long enough for the system's clock, which counts in hundredths of a second.
LOOK_S = 0.1
# Busy for this share of the look, one processor would be.
STILL = 0.2
PATIENCE_S = 90.0
TICKS_A_SECOND = 100
_STAT = Path("/proc/stat")
# Of the columns of /proc/stat: user, nice, system; then idle and waiting for disks; then interrupts, stolen.
_IDLE = slice(3, 5)
_COLUMNS = 8


class Quiet:
    """Waits until nobody works, with some patience for a whole part.

    Attributes
    ----------
    turns, disturbed
        How many turns waited, and how many began although somebody was at work, patience being over.
    """

    def __init__(self, patience: float = PATIENCE_S) -> None:
        self.turns = self.disturbed = 0
        self._patience = patience

    def wait(self) -> None:
        """Return when all processors are idle, or when no patience is left."""
        self.turns += 1
        while self._busy() > STILL:
            if self._patience <= 0:
                self.disturbed += 1
                return
            self._patience -= LOOK_S

    def told(self) -> str:
        """Say how often it was not quiet."""
        return f"in {self.disturbed} of {self.turns} turns somebody else was at work"

    def _busy(self) -> float:
        """Look for a while; return how many processors were busy meanwhile."""
        before = _busy_ticks()
        time.sleep(LOOK_S)
        return (_busy_ticks() - before) / (LOOK_S * TICKS_A_SECOND)


def _busy_ticks() -> int:
    """Return the time that all processors together were busy; where Linux does not tell it, none."""
    try:
        first = _STAT.read_text(encoding="ascii").partition("\n")[0]
    except OSError:
        return 0
    ticks = [int(number) for number in first.split()[1 : 1 + _COLUMNS]]
    return sum(ticks) - sum(ticks[_IDLE])
