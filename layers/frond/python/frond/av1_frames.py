"""Find AVIF pictures that are larger than the file declares, before a decoder sees them.

libavif decodes such a picture whole and scales it down; its own limit is 268 million pixels. (libheif
refuses the same lie in a HEIC file.) A stream has its largest frame in its sequence headers (AV1 bitstream
specification, 5.5.1), which are read here.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

from frond.heif_boxes import coded_pictures
from frond.problems import TooComplex

# Of all pictures of a file; a photo's has about five, a large one some dozens of tiles.
MAX_OBUS = 10_000
_SEQUENCE_HEADER = 1
_MAX_LEB128_BYTES = 8


def undeclared_pixels(data: bytes) -> int:
    """Return how many pixels a file's pictures have, of those that are larger than declared.

    Raises
    ------
    frond.problems.TooComplex
        More boxes, or parts of streams, than a photo needs.
    """
    pixels = obus = 0
    with suppress(struct.error, KeyError, IndexError):  # damage, which stops the decoder, too
        for picture in coded_pictures(data, b"av1C"):
            coded = 0
            for kind, payload in _obus(picture.data):
                obus += 1
                if obus > MAX_OBUS:
                    raise TooComplex
                if kind == _SEQUENCE_HEADER:
                    coded = max(coded, _frame_pixels(payload))
            pixels += coded if coded > picture.width * picture.height else 0
    return pixels


def _obus(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the payload of each unit of a stream (5.3)."""
    position = 0
    while position < len(stream):
        header = stream[position]
        position += 2 if header & 4 else 1
        length = len(stream) - position
        if header & 2:
            length, position = _leb128(stream, position)
        yield header >> 3 & 15, stream[position : position + length]
        position += length


def _leb128(stream: bytes, position: int) -> tuple[int, int]:
    """Return a number (4.10.5) and the position behind it."""
    value = 0
    for place, byte in enumerate(stream[position : position + _MAX_LEB128_BYTES]):
        value |= (byte & 0x7F) << 7 * place
        if not byte & 0x80:
            return value, position + place + 1
    return len(stream), len(stream)


class _Bits:
    """Reader of unsigned numbers of any number of bits; zeros behind the end."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def read(self, count: int) -> int:
        self._left -= count
        shifted = self._number >> self._left if self._left >= 0 else self._number << -self._left
        return shifted & (1 << count) - 1


def _frame_pixels(sequence_header: bytes) -> int:
    # Without the tables behind the size, which are of no interest here.
    bits = _Bits(sequence_header[:512])
    bits.read(4)  # profile, still picture
    if bits.read(1):  # reduced still picture header
        bits.read(5)
    else:
        _skip_operating_points(bits)
    wide, high = bits.read(4) + 1, bits.read(4) + 1
    return (bits.read(wide) + 1) * (bits.read(high) + 1)


def _skip_operating_points(bits: _Bits) -> None:
    delay_bits = _skip_timing(bits) if bits.read(1) else 0
    has_initial_delay = bits.read(1)
    for _ in range(bits.read(5) + 1):
        bits.read(12)
        if bits.read(5) > 7:  # the levels that have tiers
            bits.read(1)
        if delay_bits and bits.read(1):
            bits.read(2 * delay_bits + 1)
        if has_initial_delay and bits.read(1):
            bits.read(4)


def _skip_timing(bits: _Bits) -> int:
    """Skip the timing and the decoder model; return the bits of a buffer's delay, 0 without a model."""
    bits.read(64)
    if bits.read(1):  # equal intervals, whose length is a variable-length number (4.10.3)
        zeros = 0
        while zeros < 32 and not bits.read(1):
            zeros += 1
        bits.read(zeros % 32)
    if not bits.read(1):
        return 0
    delay_bits = bits.read(5) + 1
    bits.read(42)
    return delay_bits
