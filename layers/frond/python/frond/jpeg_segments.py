"""Read the segments of a JPEG (ITU-T T.81, B.1), and mend what lies outside its pixels."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\xff\xd8"
END_OF_IMAGE = b"\xff\xd9"
START_OF_SCAN = 0xDA
START_OF_SCAN_MARKER = b"\xff\xda"
MAX_THUMBNAIL_END = 1_000_000
JPEG_LS_FRAME = 0xF7
# SOF0 to SOF15; the three others in the range are no frames.
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC} | {JPEG_LS_FRAME}
# Baseline, extended and progressive Huffman coding; Pillow's decoder also reads the two arithmetic ones.
READABLE_FRAMES = {0xC0, 0xC1, 0xC2, 0xC9, 0xCA}
# APPn segments that change what is seen, with their least lengths; COM and the others do not.
VISIBLE = {
    0xE0: (b"JFIF\0", 16),
    0xE1: (b"Exif\0", 8),
    0xE2: (b"ICC_PROFILE\0", 16),
    0xEE: (b"Adobe", 14),
}
COMMENT = 0xFE
# Entropy-coded data that no photo ends with by chance.
FILLER = bytes((place * 73 + 41) % 255 for place in range(512))


class Segment(NamedTuple):
    """Place of a segment: its marker is at ``start``, the next marker at ``end``."""

    marker: int
    start: int
    end: int


def segments(data: bytes) -> Iterator[Segment]:
    """Yield the segments of a JPEG to its first scan's header."""
    position = data.find(b"\xff", len(SIGNATURE))
    while position >= 0 and position + 4 <= len(data):
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in (0x00, 0x01) or 0xD0 <= marker <= 0xD8:
            position = data.find(b"\xff", position + 2)
            continue
        (length,) = struct.unpack_from(">H", data, position + 2)
        yield Segment(marker, position, position + 2 + length)
        if marker == START_OF_SCAN:
            return
        position = data.find(b"\xff", position + 2 + length)


def is_readable(data: bytes) -> bool:
    """Return whether browsers decode the JPEG's kind: 8 bits, lossy, its height in the header.

    They do not decode 12 bits, lossless, hierarchical and JPEG-LS files, nor a height that follows in a DNL
    segment. A file without a frame is damaged, not of another kind.
    """
    for segment in segments(data):
        if segment.marker in FRAMES and segment.start + 7 <= len(data):
            bits, height = struct.unpack_from(">BH", data, segment.start + 4)
            return segment.marker in READABLE_FRAMES and bits == 8 and height > 0
    return True


def without_metadata(data: bytes) -> bytes:
    """Return the JPEG without the APPn and COM segments that do not change its pixels."""
    parts, position = [], 0
    for segment in segments(data):
        if _is_invisible(data, segment):
            parts.append(data[position : segment.start])
            position = segment.end
    return b"".join([*parts, data[position:]])


def lacks_end(data: bytes) -> bool:
    """Return whether no end marker follows the photo's scans; a thumbnail's stands before them.

    A marker far into the file is the photo's: what follows it, such as a video, may contain any bytes.
    """
    end = max(0, data.rfind(END_OF_IMAGE))
    return (
        data.startswith(SIGNATURE) and end < MAX_THUMBNAIL_END and data.find(START_OF_SCAN_MARKER, end) >= 0
    )


def ended(data: bytes) -> tuple[bytes, bytes]:
    """End a JPEG without a last marker in two ways, whose pixels are equal only if no scan data are missing.

    A decoder leaves missing data grey, without an error; so the second way continues with data that would be
    seen there.
    """
    whole = data.rstrip(b"\xff")
    return whole + END_OF_IMAGE, whole + FILLER + END_OF_IMAGE


def _is_invisible(data: bytes, segment: Segment) -> bool:
    if segment.marker == COMMENT:
        return True
    if not 0xE0 <= segment.marker <= 0xEF:
        return False
    if segment.marker not in VISIBLE:
        return True
    identifier, length = VISIBLE[segment.marker]
    is_whole = segment.end - segment.start - 2 >= length
    return not (is_whole and data.startswith(identifier, segment.start + 4))
