"""As many instances of a function as are needed at once, up to a limit."""

import threading
from collections.abc import Callable

from local.runtimes.instance import FunctionBusy, FunctionCrashed, FunctionTimedOut, Instance


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
            raise FunctionBusy("every instance is busy")
        try:
            return self._invoke(event)
        finally:
            self._slots.release()

    def _invoke(self, event: bytes) -> bytes:
        instance = self._take()
        try:
            return instance.invoke(event)
        except (FunctionCrashed, FunctionTimedOut):
            instance.stop()
            raise
        finally:
            self._give_back(instance)

    def _take(self) -> Instance:
        with self._lock:
            while self._idle:
                instance = self._idle.pop()
                if instance.alive:
                    return instance
                self._instances.discard(instance)
                instance.stop()
        return self._admit(self._start())

    def _admit(self, instance: Instance) -> Instance:
        with self._lock:
            if not self._closed:
                self._instances.add(instance)
                return instance
        instance.stop()
        raise FunctionCrashed("the stack is stopping")

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
