"""Bound the work of decoding a photo, from its bytes, before a decoder sees it.

A small file can cost much: scans, segments, chunks and blocks that are almost empty, a size that is only
declared, tags whose values overlap. All of these can be counted without decoding. :func:`pixel_ceiling`
counts them and returns how many pixels such a file may have, so that decoding stays within about three
seconds of CPU time and 600 MB. The constants were measured: ``docs/experiments/worst-inputs.md``.

A decoder in a child process with limits would bound everything at once, but it would cost a start and a copy
for each photo, and forking a process with the threads of an interpreter is unsafe. Counting takes
2 ms per megabyte at most for an ordinary photo.
"""

import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count as count_from
from pathlib import Path

from frond import jpeg_segments
from frond.problems import TooComplex, TooManyPixels, UnsupportedFormat

# Pages of a process, https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
_PAGES = Path("/proc/self/statm")
_DATA = 5

# Peak memory of a decode, beyond the process.
MEMORY = 600_000_000
# libjpeg-turbo's tools stop at as many.
MAX_SCANS = 500
# Samples that all scans of a JPEG visit, empty or not. A progressive photo of 64 megapixels with libjpeg's
# ten scans has 0.9 billion, with four colours 1.5.
MAX_SCAN_SAMPLES = 1_600_000_000
# Parts of a file: JPEG segments, WebP chunks, HEIF and AVIF boxes, GIF blocks before the picture. An extended
# XMP packet of 25 MB has 400 segments.
MAX_PARTS = 4_000
# PNG's pixels are in chunks of as little as 1 KB.
MAX_PNG_CHUNKS = 40_000
# Bytes between the segments of a JPEG, which Pillow skips one by one.
MAX_JUNK = 1_000_000
# Segments with tags, which Pillow joins one by one.
MAX_EXIF_SEGMENTS = 64
# The longest side of a JPEG; each row of an image costs memory, however short it is.
MAX_SIDE = 65_535
# A smaller sum of overlapping tag values does no harm.
MAX_TAG_BYTES = 8_000_000
# Of all directories; a directory of a photo has under a hundred.
MAX_TAGS = 100_000

# JPEGs of fewer pixels may be decoded a second time for the thumbnail, at a larger scale.
_DECODED_TWICE = 14_000_000

# Any marker but restarts and the escape of 0xFF in entropy-coded data.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_ARITHMETIC = {0xC9, 0xCA, 0xCD, 0xCE}
_SEQUENTIAL = {0xC0, 0xC1}
_STANDALONE = {*range(0x01, 0xC0), 0xD8, 0xD9}
_START_OF_SCAN, _END_OF_IMAGE, _APP1 = 0xDA, 0xD9, 0xE1
_GIF_EXTENSION, _GIF_ENDS = 0x21, (0x2C, 0x3B)
# The first bytes of tags, by their byte order; two searches take a tenth of the time of one expression.
_TIFF = {b"II*\0": "<", b"MM\0*": ">"}
# Bytes of a value of each TIFF type.
_VALUE_BYTES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8)

_PNG_HEADER_END, _PNG_ALPHA_KINDS = 26, (4, 6)
_PNG_TEXTS, _PNG_RAW_EXIF = (b"tEXt", b"zTXt", b"iTXt"), b"Raw profile type exif"
_WEBP_ALPHA = (b"ALPH", b"ANIM", b"ANMF", b"VP8L")
_ALPHA_MARKS = (b":aux:hevc:", b":auxiliary:alpha", b":auxid:1")
_CODECS = re.compile(rb"av1C|hvcC")

# Peak bytes per pixel.
_GIF_BYTES = 10.0
_PNG_ALPHA_BYTES, _PNG_DEEP_ALPHA_BYTES = 12.6, 19.0
_WEBP_BYTES, _WEBP_ALPHA_BYTES = 16.4, 20.6
_HEIF_BYTES, _HEIF_ALPHA_BYTES, _DEEP_BYTES = 11.0, 18.0, 4.5


def pixel_ceiling(data: bytes, max_pixels: int) -> int:
    """Return how many pixels a file may have, by its format and mode: at most `max_pixels`.

    Parameters
    ----------
    data
        The whole file.
    max_pixels
        The ceiling of the formats that need the least.

    Raises
    ------
    frond.problems.TooComplex
        More parts than the bounds: scans, segments, chunks, blocks, or overlapping tags.
    frond.problems.TooManyPixels
        A side that is too long.
    frond.problems.UnsupportedFormat
        An arithmetic-coded JPEG, whose time cannot be bounded and which no browser shows.
    """
    if data.startswith(b"\xff\xd8\xff"):
        ceiling = _jpeg(data, max_pixels)
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        ceiling = _png(data)
    elif data.startswith((b"GIF87a", b"GIF89a")):
        ceiling = _gif(data)
    elif data.startswith(b"RIFF"):
        ceiling = _webp(data)
    elif data[4:8] == b"ftyp":
        ceiling = _heif(data)
    else:
        return max_pixels
    _check_tags(data)
    return min(ceiling, max_pixels)


def _jpeg(data: bytes, max_pixels: int) -> int:
    scans, pixels, exif = 0, 0, 0
    samples = 0.0  # of all scans, per pixel
    areas: dict[int, float] = {}
    sequential = False
    for code, body in _jpeg_segments(data):
        if code in _ARITHMETIC:
            raise UnsupportedFormat
        if code in _FRAMES:
            areas, sequential = _component_areas(body), code in _SEQUENTIAL
            pixels = max(pixels, int.from_bytes(body[1:3], "big") * int.from_bytes(body[3:5], "big"))
        elif code == _APP1:
            exif += body.startswith(b"Exif")
            if exif > MAX_EXIF_SEGMENTS:
                raise TooComplex
        elif code == _START_OF_SCAN and body:
            components = body[1 : 1 + 2 * body[0] : 2]
            samples += sum(areas.get(component, 1.0) for component in components)
            scans += 1
            if scans > MAX_SCANS or (sequential and len(components) >= len(areas)):
                break  # a sequential scan of all components is the only one that is read
    # Without its last marker a JPEG is decoded with two ends.
    samples *= (2 if jpeg_segments.lacks_end(data) else 1) + (pixels < _DECODED_TWICE)
    ceiling = int(MAX_SCAN_SAMPLES / max(samples, 1.0)) if scans > 1 else max_pixels
    if scans > MAX_SCANS and pixels <= ceiling:
        raise TooComplex(max_scans=MAX_SCANS)
    return ceiling


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the marker and the first bytes of each segment."""
    position, junk, scanned = 2, 0, False
    for count in count_from(1):
        marker = _MARKER.search(data, position)
        if not marker:
            return
        junk += 0 if scanned else marker.start() - position
        if count > MAX_PARTS or junk > MAX_JUNK:
            raise TooComplex
        code, position = data[marker.end() - 1], marker.end()
        if code == _END_OF_IMAGE and scanned:
            return  # without a scan, Pillow reads on
        if code in _STANDALONE:
            continue
        scanned |= code == _START_OF_SCAN
        yield code, data[position + 2 : position + 34]
        position += max(2, int.from_bytes(data[position : position + 2], "big"))


def _component_areas(frame: bytes) -> dict[int, float]:
    """Return the area of each component of a JPEG's frame, relative to the picture's."""
    end = min(len(frame) - 1, 6 + 3 * frame[5]) if len(frame) > 6 else 0
    factors = {frame[place]: frame[place + 1] for place in range(6, end, 3)}
    highest = max((factor & 15 for factor in factors.values()), default=1) or 1
    widest = max((factor >> 4 for factor in factors.values()), default=1) or 1
    return {name: (factor >> 4) * (factor & 15) / (widest * highest) for name, factor in factors.items()}


def _png(data: bytes) -> int:
    if len(data) < _PNG_HEADER_END:
        return MEMORY
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    if max(width, height) > MAX_SIDE:
        raise TooManyPixels(max_side=MAX_SIDE, width=width, height=height)
    transparent = kind in _PNG_ALPHA_KINDS
    for count, (name, start, length) in enumerate(_png_chunks(data)):
        if count > MAX_PNG_CHUNKS:
            raise TooComplex
        transparent |= name == b"tRNS"
        if name in _PNG_TEXTS and data.startswith(_PNG_RAW_EXIF, start):
            _check_png_text(data[start : start + length])
    if not transparent:
        return MEMORY
    return int(MEMORY / (_PNG_DEEP_ALPHA_BYTES if depth > 8 else _PNG_ALPHA_BYTES))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, the start and the length of each chunk."""
    position = 8
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        yield name, position + 8, length
        position += 12 + length


def _check_png_text(text: bytes) -> None:
    """Check the tags in a text chunk, where ImageMagick writes them in hexadecimal digits."""
    for packed in (text[len(_PNG_RAW_EXIF) + 1 :], text[len(_PNG_RAW_EXIF) + 4 :]):
        try:
            text += zlib.decompressobj().decompress(packed, MAX_TAG_BYTES)
        except zlib.error:
            continue
    for digits in re.findall(rb"(?:[0-9a-fA-F]{2}\s?)+", text):
        _check_tags(bytes.fromhex(digits.decode("ascii")))


def _gif(data: bytes) -> int:
    """Count the blocks before the first picture, which Pillow joins one by one."""
    position, blocks = 13, 0
    if len(data) > position and data[10] & 0x80:
        position += 3 << (data[10] & 7) + 1
    while position < len(data) and data[position] not in _GIF_ENDS:
        blocks += 1
        if data[position] != _GIF_EXTENSION:  # Pillow skips junk byte by byte
            position += 1
        else:
            position += 2
            while position < len(data) and data[position] and blocks <= MAX_PARTS:
                position, blocks = position + 1 + data[position], blocks + 1
            position += 1
        if blocks > MAX_PARTS:
            raise TooComplex
    return int(MEMORY / _GIF_BYTES)


def _webp(data: bytes) -> int:
    position, parts = 12, 0
    transparent = b"VP8L" in data[12:16]
    while position + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, position)
        if name == b"VP8X":
            transparent |= bool(data[position + 8 : position + 9] > b"" and data[position + 8] & 0x12)
        transparent |= name in _WEBP_ALPHA
        position, parts = position + 8 + length + (length & 1), parts + 1
        if parts > MAX_PARTS:
            raise TooComplex
    return int(MEMORY / (_WEBP_ALPHA_BYTES if transparent else _WEBP_BYTES))


def _heif(data: bytes) -> int:
    """Bound a HEIF or AVIF file by what its `meta` box, or its tracks, say."""
    header = b""
    for count, (name, start, end) in enumerate(_boxes(data)):
        if count > MAX_PARTS:
            raise TooComplex
        if name in (b"meta", b"moov") and not header:
            header = data[start:end]
    needed = _HEIF_ALPHA_BYTES if any(mark in header for mark in _ALPHA_MARKS) else _HEIF_BYTES
    if any(_is_deep(header, place.start()) for place in _CODECS.finditer(header)):
        needed += _DEEP_BYTES
    if header.count(b"infe") > MAX_PARTS or header.count(b"ispe") > MAX_PARTS:
        raise TooComplex
    ceiling = int(MEMORY / needed)
    from frond.av1_frames import undeclared_pixels  # noqa: PLC0415 - few photos are HEIC or AVIF

    undeclared = undeclared_pixels(data)
    if undeclared > ceiling // 2:
        raise TooManyPixels(max_pixels=ceiling // 2)
    return ceiling - undeclared


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, the start and the end of each box of a file (ISO/IEC 14496-12, 4.2)."""
    position = 0
    while position + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, position)
        if length == 1 and position + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, position + 8)
        end = position + length if length >= 8 else len(data)
        yield name, position + 8, end
        position = end


def _is_deep(header: bytes, place: int) -> bool:
    """Return whether a codec's configuration declares more than eight bits."""
    if header[place : place + 4] == b"av1C":
        return bool(header[place + 6 : place + 7] and header[place + 6] & 0x40)
    depths = header[place + 4 + 17 : place + 4 + 19]
    return any(depth & 7 for depth in depths)


def _check_tags(data: bytes) -> None:
    """Refuse tags whose values overlap: Pillow copies the value of each, so that 60 KB become gigabytes."""
    found, tags = 0, 0
    for mark, order in _TIFF.items():
        position = data.find(mark)
        while position >= 0:
            sizes = _tag_sizes(memoryview(data)[position:], order)
            found, tags = found + 1, tags + len(sizes)
            if found > MAX_PARTS or tags > MAX_TAGS or sum(sizes) > max(len(data), MAX_TAG_BYTES):
                raise TooComplex
            position = data.find(mark, position + 1)


def _tag_sizes(tiff: memoryview, order: str) -> list[int]:
    """Return the bytes of each value of the first directory; 0 for one outside the file."""
    if len(tiff) < 8:
        return []
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    if first + 2 > len(tiff):
        return []
    (count,) = struct.unpack_from(f"{order}H", tiff, first)
    entries = tiff[first + 2 : first + 2 + 12 * count]
    sizes = []
    for _, kind, values, offset in struct.iter_unpack(f"{order}HHII", entries[: len(entries) // 12 * 12]):
        size = values * (_VALUE_BYTES[kind] if kind < len(_VALUE_BYTES) else 0)
        sizes.append(size if size > 4 and offset + size <= len(tiff) else 0)
    return sizes


@contextmanager
def memory_limit(extra: int | None) -> Iterator[None]:
    """Let the process allocate a number of bytes at most beyond what it has.

    Not limited: without a number, on systems other than Linux, and by more than the limit of the process.
    It counts the allocations of all threads.
    """
    if extra is None or not _PAGES.exists():
        yield
        return
    import resource  # noqa: PLC0415 - not on Windows

    before, highest = resource.getrlimit(resource.RLIMIT_DATA)
    limit = int(_PAGES.read_text().split()[_DATA]) * os.sysconf("SC_PAGE_SIZE") + extra
    if any(given != resource.RLIM_INFINITY and given < limit for given in (before, highest)):
        yield
        return
    resource.setrlimit(resource.RLIMIT_DATA, (limit, highest))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, highest))
