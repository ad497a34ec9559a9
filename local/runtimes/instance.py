"""One running copy of a function, and the ways in which a call to it ends badly."""

from typing import Protocol


class FunctionError(Exception):
    """A call that brought no result."""


class HandlerError(FunctionError):
    """The handler raised an exception; the instance lives on."""


class CrashedError(FunctionError):
    """The instance ended before it answered, or never started."""


class TimedOutError(FunctionError):
    """The instance took longer than the function may."""


class BusyError(FunctionError):
    """Every instance was busy for as long as the caller would wait."""


class Instance(Protocol):
    """A running copy of a function; it takes one call at a time."""

    @property
    def alive(self) -> bool:
        """Whether it can take a call."""

    def invoke(self, event: bytes) -> bytes:
        """Return what the handler makes of an event, both as JSON.

        Raises
        ------
        HandlerError, CrashedError, TimedOutError
            After the last two the instance is of no more use.
        """

    def stop(self) -> None:
        """End it now, whatever it is doing. To stop it twice does no harm."""
