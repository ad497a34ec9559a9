"""Read the chunks of a PNG (ISO/IEC 15948, 5.3), and drop those that its pixels do not need."""

import struct
import zlib
from collections.abc import Container, Iterator
from typing import NamedTuple

from frond.colour import CodePoints

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Larger text and profiles are dropped, as Pillow reads no more.
MAX_CHUNK_BYTES = 1_000_000
# The ancillary chunks that change what is seen, with their lengths if fixed.
VISIBLE: dict[bytes, int | None] = {
    b"tRNS": None,
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"iCCP": None,
    b"cICP": 4,
    b"eXIf": None,
}
# Place of the colour type in the file, and the lengths of ``tRNS`` for the types that have one.
COLOUR_TYPE = slice(25, 26)
TRANSPARENCY: dict[bytes, Container[int]] = {b"\0": (2,), b"\2": (6,), b"\3": range(1, 257)}


class Chunk(NamedTuple):
    """Place of a chunk: its length field is at ``start``, the next chunk at ``end``."""

    name: bytes
    start: int
    end: int


def chunks(data: bytes) -> Iterator[Chunk]:
    """Yield the chunks of a PNG to its ``IEND``; a truncated one is the last, with its end cut off."""
    position = len(SIGNATURE)
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        end = min(position + 12 + length, len(data))
        yield Chunk(name, position, end)
        if name == b"IEND":
            return
        position = end


def code_points(data: bytes) -> CodePoints | None:
    """Return the code points of ``cICP``, which stands before the pixels."""
    for chunk in chunks(data):
        if chunk.name == b"IDAT":
            return None
        if chunk.name == b"cICP" and _is_sound(data, chunk):
            return CodePoints(data[chunk.start + 8], data[chunk.start + 9])
    return None


def without_metadata(data: bytes) -> bytes:
    """Return the PNG without damaged, oversized and invisible ancillary chunks."""
    whole = [chunk for chunk in chunks(data) if _is_critical(chunk) or _is_sound(data, chunk)]
    return SIGNATURE + b"".join(data[chunk.start : chunk.end] for chunk in whole)


def _is_critical(chunk: Chunk) -> bool:
    return not chunk.name[0] & 0x20


def _is_sound(data: bytes, chunk: Chunk) -> bool:
    body = data[chunk.start + 8 : chunk.end - 4]
    if chunk.name not in VISIBLE or len(body) > MAX_CHUNK_BYTES:
        return False
    if VISIBLE[chunk.name] not in (None, len(body)):
        return False
    if chunk.name == b"tRNS" and len(body) not in TRANSPARENCY.get(data[COLOUR_TYPE], ()):
        return False
    if zlib.crc32(chunk.name + body) != int.from_bytes(data[chunk.end - 4 : chunk.end], "big"):
        return False
    return chunk.name != b"iCCP" or _is_profile(body)


def _is_profile(body: bytes) -> bool:
    """Return whether a compressed profile can be read, and is not a bomb."""
    _, separator, compressed = body.partition(b"\0")
    if not separator or compressed[:1] != b"\0":
        return False
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(compressed[1:], MAX_CHUNK_BYTES)
    except zlib.error:
        return False
    return unpacker.eof
