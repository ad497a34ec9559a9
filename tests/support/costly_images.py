"""Small files that are costly to decode: many scans, parts, pixels or overlapping tags."""

import struct
import zlib

# Passes of Adam7: first column and row, and their steps.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PAETH = 4


def jpeg_scans(width: int, height: int, scans: int, components: int = 1) -> bytes:
    """Return a progressive JPEG with one scan of zeros and many that refine nothing, the slowest per byte."""
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    names = range(1, components + 1)
    frame = struct.pack(">HBHHB", 8 + 3 * components, 8, height, width, components)
    frame += b"".join(bytes((name, 0x11, 0)) for name in names)
    file = b"\xff\xd8\xff\xdb" + struct.pack(">H", 67) + b"\0" + b"\x10" * 64 + b"\xff\xc2" + frame
    # Each table has one symbol of one bit: no difference, and 2^14 or more blocks without coefficients.
    for table, symbol in ((b"\0", b"\0"), (b"\x10", b"\xe0")):
        file += b"\xff\xc4" + struct.pack(">H", 20) + table + bytes([1] + [0] * 15) + symbol
    file += _start_of_scan(names, 0, 0, 1) + bytes((blocks * components + 7) // 8)
    runs, left = "", blocks
    while left >= 1 << 14:
        run = min(left, (1 << 15) - 1)
        runs, left = f"{runs}0{run - (1 << 14):014b}", left - run
    runs += "1" * (-len(runs) % 8)
    refinement = bytes(int(runs[place : place + 8], 2) for place in range(0, len(runs), 8))
    refinement = refinement.replace(b"\xff", b"\xff\0")
    for scan in range(scans - 1):
        file += _start_of_scan([1 + scan % components], 1, 63, 0x10) + refinement
    return file + b"\xff\xd9"


def _start_of_scan(names: range | list[int], first: int, last: int, approximation: int) -> bytes:
    components = b"".join(bytes((name, 0)) for name in names)
    header = struct.pack(">HB", 6 + len(components), len(names)) + components
    return b"\xff\xda" + header + bytes((first, last, approximation))


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Return one chunk."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    width: int, height: int, depth: int, kind: int, *, interlaced: bool = False, more: bytes = b""
) -> bytes:
    """Return a PNG of one value, with Paeth's filter, the slowest; `more` chunks come before the pixels."""
    packer = zlib.compressobj(1)
    packed = []
    for left, top, across, down in ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        row = bytes([PAETH]) + b"\1" * ((columns * depth * CHANNELS[kind] + 7) // 8)
        together = max(1, 4_000_000 // len(row))
        packed += [
            packer.compress(row * min(together, rows - done))
            for done in range(0, rows if columns > 0 else 0, together)
        ]
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)
    palette = png_chunk(b"PLTE", bytes(range(256)) * 3) if kind == 3 else b""
    pixels = png_chunk(b"IDAT", b"".join([*packed, packer.flush()]))
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + palette + more + pixels + png_chunk(b"IEND", b"")
    )


def overlapping_tags(tags: int, size: int) -> bytes:
    """Return EXIF tags (a TIFF file) that all have the same bytes as their value."""
    entries = b"".join(struct.pack("<HHII", 1 + tag, 7, size - 64, 8) for tag in range(tags))
    tiff = b"II*\0" + struct.pack("<IH", 8, tags) + entries + bytes(4)
    return tiff + bytes(max(0, size - len(tiff)))


def lossless_webp(width: int, height: int) -> bytes:
    """Return a lossless WebP of one colour: a header, and five codes of one symbol that take no bits."""
    bits, length = 0x2F | (width - 1) << 8 | (height - 1) << 22 | 1 << 36, 43
    for _ in range(5):
        bits, length = bits | 1 << length, length + 4
    body = bits.to_bytes((length + 15) // 16 * 2, "little")
    chunk = b"VP8L" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def gif_comments(blocks: int) -> bytes:
    """Return a GIF with a comment of one-byte blocks before a picture of one pixel."""
    comment = b"!\xfe" + b"\1x" * blocks + b"\0"
    picture = b",\0\0\0\0\1\0\1\0\0\2\2L\1\0;"
    return b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff" + comment + picture
