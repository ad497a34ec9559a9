"""A photo that is sent."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, cast

from frond_client.formats import content_type, content_type_of

MOST_OF_A_PLANT = 5


class Readable(Protocol):
    """A file that is open in binary mode."""

    def read(self) -> bytes:
        """Return what is left of it."""


PhotoSource = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable


@dataclass(frozen=True)
class Photo:
    """The bytes of a photo, and what they are.

    Attributes
    ----------
    content_type
        By the first bytes, which cannot be renamed; else by the name.
    """

    data: bytes = field(repr=False)
    content_type: str

    @classmethod
    def read(cls, source: PhotoSource) -> Self:
        """Return the photo that a path names, that a file holds, or whose bytes these are.

        Raises
        ------
        OSError
            If it cannot be read.
        TypeError
            If the source is none of these.
        """
        if isinstance(source, bytes | bytearray | memoryview):
            data, name = bytes(source), ""
        elif isinstance(source, str | os.PathLike):
            path = Path(source)
            data, name = path.read_bytes(), path.name
        elif hasattr(source, "read"):
            data, name = source.read(), str(getattr(source, "name", ""))
            if not isinstance(data, bytes):
                raise TypeError('A photo is bytes, not text. Open its file with mode "rb".')
        else:
            raise TypeError(f"A photo is a path, bytes or a file, not {type(source).__name__}.")
        return cls(data, content_type_of(data) or content_type(name))


def read_photos(given: PhotoSource | Sequence[PhotoSource]) -> tuple[Photo, ...]:
    """Return the photos of a plant.

    Parameters
    ----------
    given
        One photo, or a list of up to five.

    Raises
    ------
    ValueError
        If there are none, or too many.
    OSError, TypeError
        As `Photo.read` does.
    """
    is_one = isinstance(given, str | bytes | bytearray | memoryview) or not isinstance(given, Sequence)
    sources = cast("Sequence[PhotoSource]", (given,) if is_one else given)
    if not 1 <= len(sources) <= MOST_OF_A_PLANT:
        raise ValueError(f"One to {MOST_OF_A_PLANT} photos of a plant are taken, not {len(sources)}.")
    return tuple(map(Photo.read, sources))
