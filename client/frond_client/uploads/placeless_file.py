"""A photo that is read without its place."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from frond_client.exif import Patch, apply_patches

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class _PatchedFile(io.FileIO):
    def __init__(self, path: Path, patches: Sequence[Patch]) -> None:
        super().__init__(path)
        self._patches = patches

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        offset = self.tell()
        view = memoryview(buffer).cast("B")
        count = super().readinto(view) or 0
        data = bytearray(view[:count])
        apply_patches(data, offset, self._patches)
        view[:count] = data
        return count

    def readall(self) -> bytes:
        offset = self.tell()
        data = bytearray(super().readall() or b"")
        apply_patches(data, offset, self._patches)
        return bytes(data)


def open_patched(path: Path, patches: Sequence[Patch]) -> io.BufferedReader:
    """Open a file whose bytes are patched as they are read: no copy of a large photo is in memory.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    return io.BufferedReader(_PatchedFile(path, patches))
