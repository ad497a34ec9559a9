"""Files over a limit are rejected before they use memory or time."""

import os
import struct
import subprocess
import sys
import textwrap
import zlib
from pathlib import Path

import pytest
from PIL import Image

from frond.preprocessing import DecodeLimits, PreprocessingSpec, read_photo
from frond.problems import EmptyBody, PayloadTooLarge, TooManyPixels
from tests.support.sample_images import encoded
from tests.support.waiting import HANG_S

RECIPE = PreprocessingSpec(size=64)
LAYER = Path(__file__).parents[3] / "layers" / "frond" / "python"


def test_an_empty_file() -> None:
    with pytest.raises(EmptyBody):
        read_photo(b"", RECIPE)


def test_the_byte_limit(seedling: bytes) -> None:
    read_photo(seedling, RECIPE, DecodeLimits(max_bytes=len(seedling)))
    with pytest.raises(PayloadTooLarge) as refusal:
        read_photo(seedling, RECIPE, DecodeLimits(max_bytes=len(seedling) - 1))
    assert refusal.value.document()["limit_bytes"] == len(seedling) - 1


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "GIF"])
def test_the_pixel_limit(kind: str) -> None:
    data = encoded(Image.new("RGB", (80, 50), "green"), kind)
    read_photo(data, RECIPE, DecodeLimits(max_pixels=4000))
    with pytest.raises(TooManyPixels) as refusal:
        read_photo(data, RECIPE, DecodeLimits(max_pixels=3999))
    assert refusal.value.document()["max_pixels"] == 3999


def test_pixels_are_counted_by_the_header_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(Image.new("RGB", (80, 50), "green"), "PNG")

    def no_decoding(self: Image.Image) -> None:
        raise AssertionError

    monkeypatch.setattr(Image.Image, "load", no_decoding)
    with pytest.raises(TooManyPixels):
        read_photo(data, RECIPE, DecodeLimits(max_pixels=3999))


def png_header(width: int, height: int) -> bytes:
    """Return a PNG that declares a size and holds a few bytes of black."""
    file = b"\x89PNG\r\n\x1a\n"
    for name, body in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(bytes(1000))),
    ):
        file += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return file


def webp_header(width: int, height: int) -> bytes:
    """Return a small WebP whose frame header declares another size."""
    file = encoded(Image.new("RGB", (80, 50), "green"), "WEBP")
    size = file.index(b"\x9d\x01\x2a") + 3
    return file[:size] + struct.pack("<HH", width, height) + file[size + 4 :]


def gif_header(width: int, height: int) -> bytes:
    """Return a small GIF whose screen declares another size."""
    file = encoded(Image.new("RGB", (80, 50), "green"), "GIF")
    return file[:6] + struct.pack("<HH", width, height) + file[10:]


def jpeg_header(width: int, height: int) -> bytes:
    """Return a small JPEG whose frame header declares another size."""
    file = encoded(Image.new("RGB", (80, 50), "green"), "JPEG")
    size = file.index(b"\xff\xc0") + 5
    return file[:size] + struct.pack(">HH", height, width) + file[size + 4 :]


def text_bomb() -> bytes:
    """Return a PNG with a compressed comment of 100 MB."""
    packer = zlib.compressobj(9)
    body = b"Comment\0\0" + b"".join(packer.compress(bytes(1_000_000)) for _ in range(100)) + packer.flush()
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    small = encoded(Image.new("RGB", (80, 50), "green"), "PNG")
    return small[:33] + chunk + small[33:]


BOMBS = {
    "png 65536²": png_header(65_536, 65_536),
    "png 9000²": png_header(9_000, 9_000),
    "webp 16383²": webp_header(16_383, 16_383),
    "webp 8100²": webp_header(8_100, 8_100),
    "gif 65535²": gif_header(65_535, 65_535),
    "jpeg 65500²": jpeg_header(65_500, 65_500),
}

MEASURE = textwrap.dedent("""
    import resource, sys
    from frond.preprocessing import DecodeLimits, PreprocessingSpec, read_photo
    from frond.problems import Problem

    def peak():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    data = open(sys.argv[1], "rb").read()
    before = peak()
    try:
        read_photo(data, PreprocessingSpec(size=64))
        name = "read"
    except Problem as problem:
        name = problem.slug
    print(name, peak() - before)
""")


def cost(path: Path) -> tuple[str, int]:
    """Read a file in a fresh process; return the result and the growth of peak memory in bytes."""
    environment = {**os.environ, "PYTHONPATH": str(LAYER)}
    command = [sys.executable, "-c", MEASURE, str(path)]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=HANG_S
    )
    name, grown = result.stdout.split()
    return name, int(grown)


@pytest.mark.parametrize("name", BOMBS)
def test_a_synthetic_bomb_is_rejected(name: str) -> None:
    with pytest.raises(TooManyPixels):
        read_photo(BOMBS[name], RECIPE)


def test_a_synthetic_bomb_uses_no_memory(tmp_path: Path) -> None:
    # Pillow makes a WebP's decoder while it opens the file.
    (tmp_path / "bomb").write_bytes(BOMBS["webp 8100²"])
    problem, grown = cost(tmp_path / "bomb")
    assert problem == "too-many-pixels"
    assert grown < 32_000_000


def test_a_bomb_in_the_comments_uses_no_memory(tmp_path: Path) -> None:
    (tmp_path / "bomb").write_bytes(text_bomb())
    problem, grown = cost(tmp_path / "bomb")
    assert problem in {"unsupported-format", "unreadable-photo", "read"}
    assert grown < 32_000_000


@pytest.mark.parametrize("name", ["gray_20000x14000_1mb.jpg", "png_65536x65536_0.5mb.png"])
def test_a_real_bomb_uses_no_memory(odd_photos: Path, name: str) -> None:
    problem, grown = cost(odd_photos / "bombs" / name)
    assert problem == "too-many-pixels"
    assert grown < 32_000_000
