"""Photos to send: from paths, bytes or open files."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, Self, cast

from frond_client.formats import content_type_from_bytes, content_type_from_name

MAX_PHOTOS_PER_PLANT = 5


class Readable(Protocol):
    """A file that is open in binary mode."""

    def read(self) -> bytes:
        """Return the rest of the file."""


PhotoSource = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable


@dataclass(frozen=True)
class PhotoFile:
    """The bytes of a photo and their content type.

    Attributes
    ----------
    content_type
        By the first bytes; by the file's name only if these are unknown.
    """

    data: bytes = field(repr=False)
    content_type: str

    @classmethod
    def read(cls, source: PhotoSource) -> Self:
        """Read a photo from a path, an open file or bytes.

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
        return cls(data, content_type_from_bytes(data) or content_type_from_name(name))


def read_photos(sources: PhotoSource | Sequence[PhotoSource]) -> tuple[PhotoFile, ...]:
    """Read the photos of one plant.

    Parameters
    ----------
    sources
        One photo, or a list of up to five.

    Raises
    ------
    ValueError
        If there are none, or too many.
    OSError, TypeError
        As `PhotoFile.read` does.
    """
    is_single = isinstance(sources, str | bytes | bytearray | memoryview) or not isinstance(sources, Sequence)
    photos = cast("Sequence[PhotoSource]", (sources,) if is_single else sources)
    if not 1 <= len(photos) <= MAX_PHOTOS_PER_PLANT:
        raise ValueError(f"Pass one to {MAX_PHOTOS_PER_PLANT} photos of a plant, not {len(photos)}.")
    return tuple(map(PhotoFile.read, photos))
