"""Read properties of a HEIF or AVIF file's primary item (ISO/IEC 23008-12, 9.3) that decoders ignore."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from frond.colour import CodePoints

# A file has a few; a hostile one may repeat them.
MAX_PROPERTIES = 1_000


class Properties(NamedTuple):
    """Clean aperture in pixels (left, top, right, bottom), and colour without a profile."""

    clean_aperture: tuple[int, int, int, int] | None = None
    code_points: CodePoints | None = None


def primary_properties(data: bytes, size: tuple[int, int]) -> Properties:
    """Return the properties of the primary item, whose coded size is given; none from a damaged file."""
    try:
        boxes = _primary_boxes(data)
        aperture = next((_aperture(body, size) for name, body in boxes if name == b"clap"), None)
        colours = (body for name, body in boxes if name == b"colr" and body[:4] == b"nclx")
        code_points = next((CodePoints(*struct.unpack_from(">HH", body, 4)) for body in colours), None)
        return Properties(aperture, code_points)
    except (struct.error, KeyError, IndexError, ZeroDivisionError, StopIteration):
        return Properties()


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 0
    for _ in range(MAX_PROPERTIES):
        if position + 8 > len(data):
            return
        length, name = struct.unpack_from(">I4s", data, position)
        header = 8
        if length == 1:
            (length,), header = struct.unpack_from(">Q", data, position + 8), 16
        end = position + length if length else len(data)
        if end < position + header:
            return
        # Only these are read; the pixels would be a large copy.
        yield name, b"" if name == b"mdat" else data[position + header : end]
        position = end


def _primary_boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    meta = dict(_boxes(next(body for name, body in _boxes(data) if name == b"meta")[4:]))
    pitm = meta[b"pitm"]
    (primary,) = struct.unpack_from(">I" if pitm[0] else ">H", pitm, 4)
    properties = list(_boxes(meta[b"iprp"]))
    container = list(_boxes(dict(properties)[b"ipco"]))
    indices = [
        index
        for name, body in properties
        if name == b"ipma"
        for item, index in _associations(body)
        if item == primary
    ]
    return [container[index - 1] for index in indices if 0 < index <= len(container)]


def _associations(ipma: bytes) -> Iterator[tuple[int, int]]:
    """Yield items and the indices of their properties, from 1."""
    version, wide = ipma[0], ipma[3] & 1
    (count,) = struct.unpack_from(">I", ipma, 4)
    position = 8
    for _ in range(min(count, MAX_PROPERTIES)):
        (item,) = struct.unpack_from(">I" if version else ">H", ipma, position)
        position += 4 if version else 2
        number = ipma[position]
        position += 1
        for _ in range(number):
            (index,) = struct.unpack_from(">H" if wide else ">B", ipma, position)
            position += 2 if wide else 1
            yield item, index & (0x7FFF if wide else 0x7F)


def _aperture(clap: bytes, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Return the box of a clean aperture (ISO/IEC 14496-12, 12.1.4.3), None if not of whole pixels within."""
    fields = struct.unpack_from(">IIIIiIiI", clap)
    width, height, right, down = (fields[place] / fields[place + 1] for place in (0, 2, 4, 6))
    left, top = (size[0] - width) / 2 + right, (size[1] - height) / 2 + down
    box = (left, top, left + width, top + height)
    whole = all(edge == int(edge) for edge in box)
    inside = min(left, top) >= 0 and min(width, height) >= 1 and box[2] <= size[0] and box[3] <= size[1]
    if not (whole and inside):
        return None
    return int(box[0]), int(box[1]), int(box[2]), int(box[3])
