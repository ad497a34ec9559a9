"""A semaphore that serves its waiters in their order."""

import threading
from collections import deque


class FairSemaphore:
    """Slots that go to the thread that has waited longest.

    With `threading.Semaphore` a thread that releases a slot and comes again takes it before a waiter wakes
    up: under load some wait as long as the load lasts.

    Parameters
    ----------
    slots
        The number of slots.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._lock = threading.Lock()
        self._waiters: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        """The number of threads that wait for a slot."""
        with self._lock:
            return len(self._waiters)

    def acquire(self, timeout: float | None = None) -> bool:
        """Take a slot; return False if none came free within ``timeout`` seconds."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            turn = threading.Event()
            self._waiters.append(turn)
        if turn.wait(timeout):
            return True
        with self._lock:
            # It may have been handed over since.
            if turn.is_set():
                return True
            self._waiters.remove(turn)
            return False

    def release(self) -> None:
        """Hand a slot to the first waiter, or free it."""
        with self._lock:
            if self._waiters:
                self._waiters.popleft().set()
            else:
                self._free += 1
