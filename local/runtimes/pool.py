"""Pool the instances of a function."""

import sys
import threading
from collections.abc import Callable

from local.runtimes.fair_semaphore import FairSemaphore
from local.runtimes.instance import BusyError, CrashedError, Instance, ThrottledError, TimedOutError


class Pool:
    """Instances of one function: started on demand, reused, replaced after a crash.

    Parameters
    ----------
    start
        Starts an instance.
    size
        Maximum number of instances, which are processes of this machine; further executions wait for one.
    executions
        Concurrent executions of the function; without them there is no limit.
    """

    def __init__(
        self, start: Callable[[], Instance], size: int, executions: threading.Semaphore | None = None
    ) -> None:
        self._start = start
        self.size = size
        self._executions = executions or threading.Semaphore(sys.maxsize)
        self._slots = FairSemaphore(size)
        self._lock = threading.Lock()
        self._idle: list[Instance] = []
        self._instances: set[Instance] = set()
        self._closed = False

    def invoke(self, event: bytes, timeout: float | None = None, *, wait: bool = True) -> bytes:
        """Invoke the function with an event and return its result, both as JSON.

        Parameters
        ----------
        event
            The event.
        timeout
            Seconds to wait for a free instance; without it there is no limit.
        wait
            Whether to wait for one of the function's concurrent executions, as Lambda's pollers do when they
            are throttled.

        Raises
        ------
        FunctionError
            If the invocation has no result.
        """
        if not self._executions.acquire(blocking=wait):
            raise ThrottledError("all concurrent executions are in use")
        try:
            return self._invoke_when_free(event, timeout)
        finally:
            self._executions.release()

    def _invoke_when_free(self, event: bytes, timeout: float | None) -> bytes:
        if not self._slots.acquire(timeout=timeout):
            raise BusyError("every instance is busy")
        try:
            return self._invoke(event)
        finally:
            self._slots.release()

    def _invoke(self, event: bytes) -> bytes:
        instance = self._acquire()
        try:
            return instance.invoke(event)
        except (CrashedError, TimedOutError):
            instance.stop()
            raise
        finally:
            self._release(instance)

    def _acquire(self) -> Instance:
        with self._lock:
            if self._closed:
                raise CrashedError("the stack is stopping")
            while self._idle:
                instance = self._idle.pop()
                if instance.alive:
                    return instance
                self._instances.discard(instance)
                instance.stop()
        return self._register(self._start())

    def _register(self, instance: Instance) -> Instance:
        with self._lock:
            self._instances.add(instance)
            if self._closed:
                instance.stop()
        return instance

    def _release(self, instance: Instance) -> None:
        with self._lock:
            if instance.alive and not self._closed:
                self._idle.append(instance)
            else:
                self._instances.discard(instance)

    def close(self) -> None:
        """Stop every instance, busy ones included."""
        with self._lock:
            self._closed = True
            instances = list(self._instances)
        for instance in instances:
            instance.stop()
        # An invocation that is starting an instance stops it by itself: wait for that.
        for _ in range(self.size):
            self._slots.acquire()
        for _ in range(self.size):
            self._slots.release()
