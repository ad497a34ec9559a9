"""Photos to send: from paths, bytes, open files, Pillow images or NumPy arrays."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self, Union, cast

from frond_client.exif import without_place
from frond_client.formats import content_type_from_bytes, content_type_from_name
from frond_client.resizing import encode_array, encode_image, is_array, is_image, shrink

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

MAX_PHOTOS_PER_PLANT = 5


class Readable(Protocol):
    """A file that is open in binary mode."""

    def read(self) -> bytes:
        """Return the rest of the file."""


PhotoSource = Union[
    str, os.PathLike[str], bytes, bytearray, memoryview, Readable, "Image", "NDArray[np.uint8]"
]


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
        """Read a photo from a path, an open file, bytes, a Pillow image or an array ``uint8[H, W, 3]``.

        Raises
        ------
        OSError
            If it cannot be read.
        TypeError
            If the source is none of these.
        """
        if is_image(source):
            return cls(encode_image(source), "image/png")
        if is_array(source):
            return cls(encode_array(source), "image/png")
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
            raise TypeError(
                f"A photo is a path, bytes, a file, an image or an array, not {type(source).__name__}."
            )
        return cls(data, content_type_from_bytes(data) or content_type_from_name(name))

    def shrunk(self) -> Self:
        """Return the photo as small as the page sends it; see `frond_client.resizing.shrink`."""
        data = shrink(self.data)
        return self if data is self.data else type(self)(data, "image/jpeg")

    def without_place(self) -> Self:
        """Return the photo without the place where it was taken."""
        return type(self)(without_place(self.data), self.content_type)


def read_photos(
    sources: PhotoSource | Sequence[PhotoSource], *, original: bool = False, send_place: bool = False
) -> tuple[PhotoFile, ...]:
    """Read the photos of one plant.

    Parameters
    ----------
    sources
        One photo, or a list of up to five.
    original
        Whether to send them as they are, and not shrunk.
    send_place
        Whether to send the place where they were taken, too; it is blanked otherwise.

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
    files = [PhotoFile.read(photo) for photo in photos]
    sent = files if original else [file.shrunk() for file in files]
    return tuple(sent if send_place else (file.without_place() for file in sent))
