"""A file that declares more work than a photo needs is refused before it is decoded."""

import struct
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from frond.image_bounds import (
    MAX_PARTS,
    MAX_PNG_CHUNKS,
    MAX_SCANS,
    MAX_SIDE,
    pixel_ceiling,
)
from frond.preprocessing import PreprocessingSpec, read_photo, read_with_preview
from frond.problems import InvalidPhoto, TooComplex, TooManyPixels, UnsupportedFormat
from tests.support.costly_images import (
    gif_comments,
    jpeg_scans,
    lossless_webp,
    overlapping_tags,
    png,
    png_chunk,
)
from tests.support.sample_images import encoded

SPEC = PreprocessingSpec(size=64)
LIMIT = 64_000_000
FAULTS = Path(__file__).parents[4] / "shared" / "data" / "faults"
SMALL = Image.new("RGB", (80, 50), "green")


def jpeg_with(segments: bytes) -> bytes:
    return b"\xff\xd8" + segments + encoded(SMALL, "JPEG")[2:]


def png_with(chunks: bytes) -> bytes:
    return png(8, 8, 8, 2, more=chunks)


def heif_with_boxes(number: int) -> bytes:
    return encoded(SMALL, "HEIF") + struct.pack(">I4s", 8, b"free") * number


def webp_with_chunks(number: int) -> bytes:
    return encoded(SMALL, "WEBP") + struct.pack("<4sI", b"JUNK", 0) * number


TAGS = overlapping_tags(4000, 60_000)
TOO_COMPLEX: dict[str, Callable[[], bytes]] = {
    "jpeg scans": lambda: jpeg_scans(160, 160, MAX_SCANS + 1),
    "jpeg segments": lambda: jpeg_with(b"\xff\xe0\0\2" * 1_000_000),
    "jpeg segments after the end": lambda: jpeg_with(b"\xff\xd9" + b"\xff\xe0\0\2" * 1_000_000),
    "jpeg junk": lambda: jpeg_with(b"\xff\xe0\0\2" + b"x" * 2_000_000),
    "jpeg markers": lambda: jpeg_with(b"\xff\x01" * 1_000_000),
    "jpeg tags": lambda: jpeg_with(b"\xff\xe1" + struct.pack(">H", 60_008) + b"Exif\0\0" + TAGS),
    "jpeg tag segments": lambda: jpeg_with(b"\xff\xe1\0\x0aExif\0\0xx" * 100),
    "png chunks": lambda: png_with(png_chunk(b"teSt", b"") * (MAX_PNG_CHUNKS + 1)),
    "png tags": lambda: png_with(png_chunk(b"eXIf", TAGS)),
    "png tags in text": lambda: png_with(
        png_chunk(b"tEXt", b"Raw profile type exif\0\nexif\n60006\n" + TAGS.hex().encode())
    ),
    "gif blocks": lambda: gif_comments(1_000_000),
    "webp chunks": lambda: webp_with_chunks(MAX_PARTS + 1),
    "heif boxes": lambda: heif_with_boxes(MAX_PARTS + 1),
}


@pytest.mark.parametrize("name", TOO_COMPLEX)
def test_too_many_parts_are_refused(name: str) -> None:
    with pytest.raises(TooComplex) as refusal:
        read_photo(TOO_COMPLEX[name](), SPEC)
    assert refusal.value.status == 422


def test_a_few_parts_are_read() -> None:
    for data in (
        jpeg_scans(160, 160, 20),
        jpeg_with(b"\xff\xe0\0\2" * 400),
        png_with(png_chunk(b"teSt", b"") * 100),
        gif_comments(100),
        webp_with_chunks(0),
        heif_with_boxes(3),
    ):
        assert read_photo(data, SPEC).pixels.shape == (64, 64, 3)


@pytest.mark.parametrize("size", [(1, MAX_SIDE + 1), (MAX_SIDE + 1, 1)])
@pytest.mark.parametrize("depth", [1, 8])
def test_a_side_is_bounded(size: tuple[int, int], depth: int) -> None:
    with pytest.raises(TooManyPixels) as refusal:
        read_photo(png(*size, depth, 0), SPEC)
    assert refusal.value.document()["max_side"] == MAX_SIDE


def test_each_scan_counts_as_pixels() -> None:
    assert pixel_ceiling(jpeg_scans(8000, 7999, 10), LIMIT) == LIMIT
    with pytest.raises(TooManyPixels) as refusal:
        read_photo(jpeg_scans(8000, 7999, 100), SPEC)
    assert refusal.value.document()["max_pixels"] < 20_000_000


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_an_ordinary_progressive_photo_has_the_whole_ceiling(mode: str) -> None:
    # Of full size, because small ones are decoded twice; the tail of its scans is a few bytes each.
    data = encoded(Image.new(mode, (4000, 4000)), "JPEG", progressive=True)
    assert pixel_ceiling(data, LIMIT) == LIMIT


def test_ceilings_by_mode() -> None:
    transparent = Image.new("RGBA", (80, 50), (9, 9, 9, 9))
    opaque = {kind: pixel_ceiling(encoded(SMALL, kind), LIMIT) for kind in ("PNG", "WEBP", "AVIF", "HEIF")}
    alpha = {kind: pixel_ceiling(encoded(transparent, kind), LIMIT) for kind in opaque}
    assert opaque["PNG"] == LIMIT
    assert all(alpha[kind] < opaque[kind] for kind in opaque)
    assert min(alpha.values()) > 20_000_000
    assert pixel_ceiling(png(8, 8, 16, 6), LIMIT) < alpha["PNG"]
    assert pixel_ceiling(png(8, 8, 8, 2, more=png_chunk(b"tRNS", bytes(6))), LIMIT) == alpha["PNG"]


def test_a_small_webp_of_many_pixels() -> None:
    assert read_photo(lossless_webp(100, 100), SPEC).width == 100
    with pytest.raises(TooManyPixels):
        read_photo(lossless_webp(8000, 8000), SPEC)


def test_arithmetic_coding_is_unsupported() -> None:
    with pytest.raises(UnsupportedFormat):
        read_photo(encoded(SMALL, "JPEG").replace(b"\xff\xc0", b"\xff\xc9"), SPEC)


@pytest.mark.parametrize("filler", [b"\xff\0", b"\xff\xd0", b"\xff", b"II*\0", b"x", b"\xff\xda\0\2"])
@pytest.mark.parametrize("start", [b"", b"\xff\xda\0\x08\1\1\0\0\x3f\0"])
def test_counting_is_itself_bounded(filler: bytes, start: bytes) -> None:
    # A fifth of the largest file: its time is linear, and a busy machine is slow.
    data = b"\xff\xd8\xff\xe0\0\2" + start + filler * (5_000_000 // len(filler))
    began = time.process_time()
    with suppress(InvalidPhoto):
        pixel_ceiling(data, LIMIT)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "HEIF", "AVIF"])
def test_counting_ends_on_any_bytes(kind: str) -> None:
    draw = np.random.default_rng(len(kind))
    whole = np.frombuffer(encoded(SMALL, kind), np.uint8)
    for _ in range(300):
        data = whole[: draw.integers(1, len(whole) + 1)].copy()
        data[draw.integers(0, len(data), 5)] = draw.integers(0, 256, 5)
        with suppress(InvalidPhoto):  # any other error fails the test
            assert pixel_ceiling(data.tobytes(), LIMIT) <= LIMIT


@pytest.mark.parametrize("name", ["progressive-1000-scans.jpg", "progressive-43894-scans.jpg"])
def test_the_reported_files(name: str) -> None:
    path = FAULTS / name
    if not path.exists():
        pytest.skip("The reported files are not in the repository; the tests above write files like them")
    began = time.process_time()
    with pytest.raises(TooManyPixels):
        read_with_preview(path.read_bytes(), SPEC, 512)
    assert time.process_time() - began < 1
