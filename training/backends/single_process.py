"""A backend in a process that trains alone."""

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from training.data.shard import WHOLE


class SingleProcess:
    """The part of a backend that concerns other processes, where there are none."""

    shard = WHOLE

    def place(self, images: NDArray[Any]) -> Any:
        """Return the images."""
        return images

    def first_process_value(self, value: int) -> int:
        """Return the value."""
        return value

    def first_process_only(self, write: Callable[[], None]) -> None:
        """Call a function."""
        write()
