"""Interface of every implementation."""

from typing import Protocol

# Species, and confidence from 0 to 1.
Named = tuple[str, float]


class Peer(Protocol):
    """A loaded model."""

    def classify(self, photo: bytes) -> list[Named]:
        """Return the five likeliest species of a photo, from the bytes of its file."""

    def infer(self) -> None:
        """Run the network alone, on preprocessed pixels."""
