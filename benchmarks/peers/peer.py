"""What every contender can do, whatever is inside."""

from typing import Protocol

# A name and a number from 0 to 1.
Named = tuple[str, float]


class Peer(Protocol):
    """A model, loaded and ready."""

    def answer(self, photo: bytes) -> list[Named]:
        """Return the five likeliest species of a photo, from the bytes of its file."""

    def infer(self) -> None:
        """Run the network alone, on pixels that are there already."""
