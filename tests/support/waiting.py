"""Wait for a condition of another process."""

import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

# The end of every wait for an event. Only a hang reaches it, so it is long for the slowest machine.
HANG_S = 600
POLL_S = 0.1


def eventually(find: Callable[[], Result | None], timeout: float = HANG_S) -> Result:
    """Call ``find`` until it returns something other than ``None``, and return that.

    The calls are counted, not the time: the clock of a virtual machine jumps when the machine was suspended.

    Raises
    ------
    TimeoutError
        If that takes longer than ``timeout`` seconds.
    """
    for _ in range(round(timeout / POLL_S)):
        if (result := find()) is not None:
            return result
        time.sleep(POLL_S)
    raise TimeoutError(f"not found within {timeout} s")
