"""Build images and image files for tests."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pillow_heif import register_heif_opener

register_heif_opener()  # for writing HEIF; Frond does not need it for reading


def decoded(data: bytes) -> Image.Image:
    """Decode a file to an RGB image with Pillow alone."""
    return Image.open(io.BytesIO(data)).convert("RGB")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """Encode an image in Pillow's format ``kind``."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_16_bit(pixels: NDArray[np.uint16]) -> bytes:
    """Encode ``uint16[H, W, 3]`` as a PNG with 16 bits per channel, which Pillow cannot write."""
    height, width, _ = pixels.shape
    rows = pixels.astype(">u2").reshape(height, -1).view(np.uint8)
    filtered = np.hstack([np.zeros((height, 1), np.uint8), rows])
    header = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(filtered.tobytes())), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def decompression_bomb() -> bytes:
    """Return a small PNG whose header declares 65,536 × 65,536 pixels."""
    data = bytearray(encoded(Image.new("L", (1, 1)), "PNG"))
    data[16:24] = (65536).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


def exif(orientation: int | None = None) -> bytes:
    """Return EXIF data with GPS coordinates, a camera and, if given, an orientation."""
    tags = Image.Exif()
    tags[0x010F] = "Camera maker"
    tags.get_ifd(0x8825).update({1: "N", 2: (56.0, 10.0, 12.3), 3: "E", 4: (10.0, 12.0, 1.5)})
    if orientation is not None:
        tags[0x0112] = orientation
    return tags.tobytes()


def difference(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    """Return the mean absolute difference of two images, 0 to 255."""
    assert left.shape == right.shape
    return float(np.abs(left.astype(int) - right.astype(int)).mean())


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
