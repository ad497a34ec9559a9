"""When and where a photo was taken, read on this device, and what blanks the place in the file.

The tags are those of EXIF (CIPA DC-008) and of XMP. Pillow reads them, too, but it cannot blank a tag without
encoding the photo again, and it is an extra.
"""

import math
import mmap
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from struct import Struct
from struct import error as struct_error
from typing import NamedTuple, Self
from zlib import crc32

Content = bytes | mmap.mmap
_TIFF = re.compile(rb"(?:Exif\0\0|EXIF[\0-\xff]{4}|eXIf)(?=II\*\0|MM\0\*)")
_XMP_PLACE = re.compile(rb"""exif:GPS\w{1,40}(?:\s?=\s?["']([^"'<]{1,100})|>([^<]{1,100})<)""")
_TYPE_BYTES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8)
_EXIF_DIRECTORY, _GPS_DIRECTORY, _TAKEN_AT = 0x8769, 0x8825, 0x9003
_LATITUDE_REF, _LATITUDE, _LONGITUDE_REF, _LONGITUDE = range(1, 5)
_MAX_TAGS = 200
_DEGREES_BYTES = 24
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


class Patch(NamedTuple):
    """Bytes that take the place of as many others."""

    start: int
    data: bytes


@dataclass(frozen=True)
class ExifTags:
    """Time and place of a photo; ``None`` where its file has none.

    Attributes
    ----------
    taken_at
        By the clock of the camera, which has no time zone.
    latitude, longitude
        In degrees, WGS 84.
    """

    taken_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None

    @classmethod
    def read(cls, photos: Iterable[Path]) -> Self:
        """Return the first time and the first place of some photos. A file that cannot be read has none."""
        found = [_read_file(photo) for photo in photos]
        taken_at = next((each.taken_at for each in found if each.taken_at), None)
        place = next((each for each in found if each.latitude is not None), cls())
        return cls(taken_at, place.latitude, place.longitude)

    @property
    def taken_at_utc(self) -> str:
        """The time in ISO 8601, if the camera's time zone is that of this device; empty if there is none."""
        if self.taken_at is None:
            return ""
        try:
            return self.taken_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        except (OverflowError, OSError, ValueError):  # The first and the last day of the calendar.
            return ""


def place_patches(photo: Path) -> list[Patch]:
    """Return what blanks the place in a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with _mapped(photo) as content:
        return find_place(content)


def find_place(content: Content) -> list[Patch]:
    """Return what blanks the place in a photo: zeros in EXIF, spaces in XMP, in order."""
    directories = (_Tiff(content, match.end()).place_spans() for match in _TIFF.finditer(content))
    patches = [Patch(start, bytes(end - start)) for spans in directories for start, end in spans]
    for match in _XMP_PLACE.finditer(content):
        start, end = match.span(match.lastindex or 0)
        patches.append(Patch(start, b" " * (end - start)))
    patches.sort()
    return patches + _png_checksums(content, patches) if patches else []


def apply_patches(data: bytearray, offset: int, patches: Iterable[Patch]) -> None:
    """Patch a part of a file that begins at an offset."""
    for start, replacement in patches:
        first, last = max(start, offset), min(start + len(replacement), offset + len(data))
        if first < last:
            data[first - offset : last - offset] = replacement[first - start : last - start]


def without_place(data: bytes) -> bytes:
    """Return a photo without its place, as long as before; the photo itself if it has none."""
    patches = find_place(data)
    if not patches:
        return data
    blanked = bytearray(data)
    apply_patches(blanked, 0, patches)
    return bytes(blanked)


@contextmanager
def _mapped(photo: Path) -> Iterator[Content]:
    """Map a file into memory, so that a search reads it without a copy."""
    with photo.open("rb") as file:
        try:
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:  # It is empty.
            yield b""
            return
        with content:
            yield content


def _read_file(photo: Path) -> ExifTags:
    try:
        with _mapped(photo) as content:
            match = _TIFF.search(content)
            return _Tiff(content, match.end()).tags() if match else ExifTags()
    except OSError:
        return ExifTags()


class _Value(NamedTuple):
    """Where the value of a tag lies in the TIFF structure, and its number of bytes."""

    at: int
    size: int


class _Tiff:
    """The TIFF structure that begins at an offset of a file. Damaged parts of it count as missing."""

    def __init__(self, content: Content, start: int) -> None:
        self._content = content
        self._start = start
        order = "<" if content[start : start + 2] == b"II" else ">"
        self._uint16 = Struct(f"{order}H")
        self._uint32 = Struct(f"{order}I")
        self._rationals = Struct(f"{order}6I")

    def tags(self) -> ExifTags:
        """Return time and place."""
        latitude = longitude = math.nan
        taken_at = None
        try:
            main = self._directory(self._read(self._uint32, 4))
            if _EXIF_DIRECTORY in main:
                taken_at = self._time(self._directory(self._offset(main[_EXIF_DIRECTORY])).get(_TAKEN_AT))
            if _GPS_DIRECTORY in main:
                place = self._directory(self._offset(main[_GPS_DIRECTORY]))
                latitude = self._degrees(place.get(_LATITUDE), place.get(_LATITUDE_REF))
                longitude = self._degrees(place.get(_LONGITUDE), place.get(_LONGITUDE_REF))
        except struct_error:
            pass
        # False for a number that is none.
        if abs(latitude) <= 90 and abs(longitude) <= 180:
            return ExifTags(taken_at, latitude, longitude)
        return ExifTags(taken_at)

    def place_spans(self) -> list[tuple[int, int]]:
        """Return the first and the last offset in the file of each part of the place."""
        try:
            main = self._directory(self._read(self._uint32, 4))
            if _GPS_DIRECTORY not in main:
                return []
            at = self._offset(main[_GPS_DIRECTORY])
            values = self._directory(at).values()
            spans = [(at, at + 2 + 12 * self._read(self._uint16, at))]
        except struct_error:
            return []
        spans += [(value.at, value.at + value.size) for value in values if value.size > 4]
        size = len(self._content)
        shifted = ((self._start + start, self._start + end) for start, end in spans)
        return [(start, end) for start, end in shifted if end <= size]

    def _read(self, kind: Struct, at: int) -> int:
        number: int = kind.unpack_from(self._content, self._start + at)[0]
        return number

    def _offset(self, value: _Value) -> int:
        return self._read(self._uint32, value.at)

    def _directory(self, at: int) -> dict[int, _Value]:
        count = self._read(self._uint16, at)
        if count > _MAX_TAGS:
            raise struct_error("too many tags")
        return dict(self._entry(at + 2 + 12 * number) for number in range(count))

    def _entry(self, at: int) -> tuple[int, _Value]:
        kind = self._read(self._uint16, at + 2)
        size = (_TYPE_BYTES[kind] if kind < len(_TYPE_BYTES) else 0) * self._read(self._uint32, at + 4)
        # A value of up to four bytes lies in the entry itself.
        value = self._read(self._uint32, at + 8) if size > 4 else at + 8
        return self._read(self._uint16, at), _Value(value, size)

    def _text(self, value: _Value | None) -> str:
        if value is None or value.size > _DEGREES_BYTES:
            return ""
        start = self._start + value.at
        return self._content[start : start + value.size].partition(b"\0")[0].decode("latin-1")

    def _time(self, value: _Value | None) -> datetime | None:
        try:
            return datetime.strptime(self._text(value)[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - it has no zone
        except ValueError:
            return None

    def _degrees(self, value: _Value | None, reference: _Value | None) -> float:
        """Return degrees, minutes and seconds as degrees; NaN if they are none."""
        if value is None or value.size != _DEGREES_BYTES:
            return math.nan
        numbers = self._rationals.unpack_from(self._content, self._start + value.at)
        whole, minutes, seconds = (
            above / below if below else math.nan
            for above, below in zip(numbers[::2], numbers[1::2], strict=True)
        )
        degrees = whole + minutes / 60 + (0 if math.isnan(seconds) else seconds / 3600)
        return -degrees if self._text(reference).startswith(("S", "W")) else degrees


def _png_checksums(content: Content, patches: list[Patch]) -> list[Patch]:
    """Return the new checksums of the chunks of a PNG file that are patched."""
    checksums = []
    at = len(_PNG_SIGNATURE)
    while content[: len(_PNG_SIGNATURE)] == _PNG_SIGNATURE and at + 12 <= len(content):
        end = at + 8 + int.from_bytes(content[at : at + 4])
        if any(at < patch.start < end for patch in patches):
            chunk = bytearray(content[at + 4 : end])
            apply_patches(chunk, at + 4, patches)
            checksums.append(Patch(end, crc32(chunk).to_bytes(4)))
        at = end + 4
    return checksums
