"""Write PNG files that Pillow cannot write."""

import struct
import zlib

SIGNATURE_AND_HEADER = 33


def png_chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunks(png: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return the PNG with these chunks behind its header."""
    added = b"".join(png_chunk(name, body) for name, body in chunks)
    return png[:SIGNATURE_AND_HEADER] + added + png[SIGNATURE_AND_HEADER:]


def png(
    size: tuple[int, int], bits: int, colour_type: int, rows: bytes, *chunks: tuple[bytes, bytes]
) -> bytes:
    """Return a PNG of unfiltered rows, each behind its filter byte."""
    header = struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, body) for name, body in parts)
