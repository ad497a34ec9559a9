"""Read the items of a HEIF or AVIF file (ISO/IEC 23008-12), and properties that decoders ignore."""

import struct
from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import suppress
from itertools import chain
from itertools import count as count_from
from typing import NamedTuple

from frond.colour import CodePoints
from frond.problems import TooComplex

# Boxes in a box, items, and parts of items. A file has a few; a hostile one may repeat them.
MAX_BOXES = 4_000
# Of properties with items, about five for each item.
MAX_ASSOCIATIONS = 40_000


class Properties(NamedTuple):
    """Clean aperture in pixels (left, top, right, bottom), and colour without a profile."""

    clean_aperture: tuple[int, int, int, int] | None = None
    code_points: CodePoints | None = None


def primary_properties(data: bytes, size: tuple[int, int]) -> Properties:
    """Return the properties of the primary item, whose coded size is given; none from a damaged file.

    Raises
    ------
    frond.problems.TooComplex
        More boxes than a photo needs.
    """
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
    for count in count_from(1):
        if position + 8 > len(data):
            return
        if count > MAX_BOXES:
            raise TooComplex
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


class CodedPicture(NamedTuple):
    """A picture's declared width and height, 0 if undeclared, and its coded data."""

    width: int
    height: int
    data: bytes


def coded_pictures(data: bytes, codec: bytes) -> Iterator[CodedPicture]:
    """Yield the items that have a codec's configuration, such as ``av1C``, and the first frame of each track.

    Raises
    ------
    struct.error, KeyError, IndexError
        The boxes of the items are damaged.
    frond.problems.TooComplex
        More boxes, or longer data, than a photo needs.
    """
    meta = _meta(data)
    if meta:
        properties = _item_properties(meta)
        coded = {item: dict(boxes) for item, boxes in properties.items() if codec in dict(boxes)}
        for item, extents in _extents(meta, data, coded):
            width, height = struct.unpack_from(">II", coded[item].get(b"ispe", bytes(12)), 4)
            yield CodedPicture(width, height, extents)
    moov = next((body for name, body in _boxes(data) if name == b"moov"), b"")
    for name, trak in _boxes(moov):
        with suppress(struct.error, KeyError):  # a decoder ignores a damaged track
            if name == b"trak":
                yield _first_frame(trak, data)


def _first_frame(trak: bytes, data: bytes) -> CodedPicture:
    boxes = dict(_boxes(trak))
    table = dict(_boxes(boxes[b"mdia"]))
    for inner in (b"minf", b"stbl"):
        table = dict(_boxes(table[inner]))
    width, height = (side >> 16 for side in struct.unpack(">II", boxes[b"tkhd"][-8:]))
    offsets, form = (table[b"co64"], ">Q") if b"co64" in table else (table[b"stco"], ">I")
    (start,) = struct.unpack_from(form, offsets, 8)
    length = max(struct.unpack_from(">IxxxxI", table[b"stsz"] + bytes(4), 4))
    return CodedPicture(width, height, data[start : start + length])


def _meta(data: bytes) -> dict[bytes, bytes]:
    return dict(_boxes(next((body for name, body in _boxes(data) if name == b"meta"), b"")[4:]))


def _extents(meta: dict[bytes, bytes], data: bytes, chosen: Container[int]) -> Iterator[tuple[int, bytes]]:
    """Yield each chosen item and its data (ISO/IEC 14496-12, 8.11.3)."""
    iloc = _Numbers(meta[b"iloc"])
    version, sizes = iloc.read(4) >> 24, iloc.read(2)
    offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    long, indexed = (4 if version == 2 else 2), version in (1, 2)
    parts = total = 0
    for _ in range(iloc.read(long)):
        item = iloc.read(long)
        whole = meta.get(b"idat", b"") if indexed and iloc.read(2) & 15 == 1 else data
        iloc.read(2)
        base, extents = iloc.read(base_bytes), []
        for _ in range(iloc.read(2)):
            iloc.read(index_bytes if indexed else 0)
            start = base + iloc.read(offset_bytes)
            length = iloc.read(length_bytes) or len(whole)
            parts += 1
            if item in chosen:
                extents.append(whole[start : start + length])
                total += len(extents[-1])
            # Extents may overlap, so that a small file has much data.
            if parts > MAX_BOXES or total > 2 * len(data):
                raise TooComplex
        if item in chosen:
            yield item, b"".join(extents)


class _Numbers:
    """Reader of big-endian numbers of any number of bytes."""

    def __init__(self, data: bytes) -> None:
        self._data, self._position = data, 0

    def read(self, count: int) -> int:
        end = self._position + count
        if end > len(self._data):
            raise IndexError(end)
        value = int.from_bytes(self._data[self._position : end], "big")
        self._position = end
        return value


def _primary_boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    meta = _meta(data)
    pitm = meta[b"pitm"]
    (primary,) = struct.unpack_from(">I" if pitm[0] else ">H", pitm, 4)
    return _item_properties(meta)[primary]


def _item_properties(meta: dict[bytes, bytes]) -> dict[int, list[tuple[bytes, bytes]]]:
    """Return the names and bodies of each item's properties."""
    properties = list(_boxes(meta[b"iprp"]))
    container = list(_boxes(dict(properties)[b"ipco"]))
    associations = chain.from_iterable(_associations(body) for name, body in properties if name == b"ipma")
    found: dict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
    for count, (item, index) in enumerate(associations):
        if count > MAX_ASSOCIATIONS:
            raise TooComplex
        if 0 < index <= len(container):
            found[item].append(container[index - 1])
    return found


def _associations(ipma: bytes) -> Iterator[tuple[int, int]]:
    """Yield items and the indices of their properties, from 1."""
    version, wide = ipma[0], ipma[3] & 1
    (count,) = struct.unpack_from(">I", ipma, 4)
    position = 8
    for _ in range(count):
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
