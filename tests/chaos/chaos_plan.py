"""A plan of a run: how many uploads of which kind, and how often a process is killed."""

import random
from dataclasses import dataclass

from tests.support.sample_images import decompression_bomb

# Of each hundred uploads.
SHARES = {
    "photo": 58,
    "text": 5,
    "empty": 5,
    "bomb": 5,
    "truncated": 5,
    "vanished": 5,  # its owner deletes the object from S3 at once
    "twice": 5,  # another file has its key just before
    "overwritten": 5,  # another file has its key until a random moment of that file's way
    "erased": 5,  # deleted through the API at a random moment of its way
    "again": 2,  # the same, and then uploaded once more
}
ERASED = frozenset({"erased", "again"})
PROBLEMS = {
    "text": "unsupported-format",
    "empty": "empty-body",
    "bomb": "too-many-pixels",
    "truncated": "unreadable-photo",
}
UPLOADS_PER_KILL = 20


@dataclass(frozen=True)
class ChaosPlan:
    """What happens in a run; the same seed plans the same.

    Attributes
    ----------
    uploads
        The number of uploads.
    erasures
        Whether users delete classifications.
    operators
        The number of operators who promote and roll back.
    """

    seed: int
    uploads: int
    erasures: bool = True
    operators: int = 2

    @property
    def kills(self) -> int:
        """The number of processes to kill."""
        return self.uploads // UPLOADS_PER_KILL

    def kinds(self) -> dict[str, str]:
        """Return the kind of each upload by its key; keys have characters that need encoding."""
        shares = {kind: share for kind, share in SHARES.items() if self.erasures or kind not in ERASED}
        kinds = random.Random(self.seed).choices([*shares], [*shares.values()], k=self.uploads)
        return {f"uploads/{number:05} {kind} 1+1%é.jpg": kind for number, kind in enumerate(kinds)}


def body(kind: str, photo: bytes) -> bytes:
    """Return the content of an upload of a kind."""
    contents = {
        "text": b"water the plants",
        "empty": b"",
        "bomb": decompression_bomb(),
        "truncated": photo[: len(photo) // 2],
    }
    return contents.get(kind, photo)
