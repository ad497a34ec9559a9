"""As many instances of a function as are needed at once, up to a limit."""

import threading
from collections.abc import Callable

from local.runtimes.instance import BusyError, CrashedError, Instance, TimedOutError


class Pool:
    """Instances of one function: started when first needed, used again, replaced when they break.

    Parameters
    ----------
    start
        Starts an instance.
    size
        How many calls run at once, at most.
    """

    def __init__(self, start: Callable[[], Instance], size: int) -> None:
        self._start = start
        self.size = size
        self._slots = threading.BoundedSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Instance] = []
        self._instances: set[Instance] = set()
        self._closed = False

    def invoke(self, event: bytes, patience: float | None = None) -> bytes:
        """Return what the function makes of an event, both as JSON.

        Parameters
        ----------
        event
            The event.
        patience
            Seconds to wait for an instance to be free; for ever when not given.

        Raises
        ------
        FunctionError
            If there is no result.
        """
        if not self._slots.acquire(timeout=patience):
            raise BusyError("every instance is busy")
        try:
            return self._invoke(event)
        finally:
            self._slots.release()

    def _invoke(self, event: bytes) -> bytes:
        instance = self._take()
        try:
            return instance.invoke(event)
        except (CrashedError, TimedOutError):
            instance.stop()
            raise
        finally:
            self._give_back(instance)

    def _take(self) -> Instance:
        with self._lock:
            if self._closed:
                raise CrashedError("the stack is stopping")
            while self._idle:
                instance = self._idle.pop()
                if instance.alive:
                    return instance
                self._instances.discard(instance)
                instance.stop()
        return self._registered(self._start())

    def _registered(self, instance: Instance) -> Instance:
        with self._lock:
            self._instances.add(instance)
            if self._closed:
                instance.stop()
        return instance

    def _give_back(self, instance: Instance) -> None:
        with self._lock:
            if instance.alive and not self._closed:
                self._idle.append(instance)
            else:
                self._instances.discard(instance)

    def close(self) -> None:
        """Stop every instance, the busy ones too."""
        with self._lock:
            self._closed = True
            instances = list(self._instances)
        for instance in instances:
            instance.stop()
        # A call that was starting an instance meanwhile ends it by itself: wait for that.
        for _ in range(self.size):
            self._slots.acquire()
        self._slots.release(self.size)
