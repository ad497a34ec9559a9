"""The part of each batch that one process loads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shard:
    """The rows of a process, of those of all processes.

    Attributes
    ----------
    rank
        Number of the process, from 0.
    processes
        Number of processes; each has as many devices.
    devices
        Number of devices of all processes. The length of each batch is a multiple of it.
    """

    rank: int = 0
    processes: int = 1
    devices: int = 1

    def rows(self, length: int) -> slice:
        """Return the rows of this process in a batch of ``length``."""
        size = length // self.processes
        return slice(self.rank * size, (self.rank + 1) * size)


WHOLE = Shard()
