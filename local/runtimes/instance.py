"""Interface of a running instance of a function, and the errors of an invocation."""

from typing import Protocol


class FunctionError(Exception):
    """An invocation without a result."""


class HandlerError(FunctionError):
    """The handler raised an exception; the instance stays usable."""


class CrashedError(FunctionError):
    """The instance did not start, or ended during the invocation."""


class TimedOutError(FunctionError):
    """The invocation exceeded the function's timeout."""


class BusyError(FunctionError):
    """No process became free within the caller's timeout."""


class ThrottledError(FunctionError):
    """All concurrent executions of the function are in use."""


class Instance(Protocol):
    """A running instance of a function, for one invocation at a time."""

    @property
    def alive(self) -> bool:
        """Whether it can be invoked."""

    def invoke(self, event: bytes) -> bytes:
        """Invoke the handler with an event and return its result, both as JSON.

        Raises
        ------
        HandlerError, CrashedError, TimedOutError
            After the last two the instance is unusable.
        """

    def stop(self) -> None:
        """Kill it, even during an invocation. A second call does nothing."""
