"""Build small ICC profiles (ICC.1:2010) for tests."""

import io
import itertools
import struct

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

D50 = np.array([0.9642, 1.0, 0.8249])
# Chromaticities x, y of red, green, blue and white.
SRGB = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290)
DISPLAY_P3 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, 0.3127, 0.3290)
ADOBE_RGB = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, 0.3127, 0.3290)
WIDE_GAMUT = (0.7347, 0.2653, 0.1152, 0.8264, 0.1566, 0.0177, 0.3457, 0.3585)
PROPHOTO = (0.7347, 0.2653, 0.1596, 0.8404, 0.0366, 0.0001, 0.3457, 0.3585)
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def rgb_profile(primaries: tuple[float, ...], gamma: float, order: tuple[int, int, int] = (0, 1, 2)) -> bytes:
    """Return a matrix profile; ``order`` may exchange the colours of its channels."""
    columns = _matrix(primaries)[:, list(order)]
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {f"{name}TRC".encode(): curve for name in "rgb"}
    tags |= {f"{name}XYZ".encode(): _xyz(columns[:, index]) for index, name in enumerate("rgb")}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags)


def grey_profile(gamma: float) -> bytes:
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve})


def cmyk_profile(lightness: float) -> bytes:
    """Return a profile whose inks only darken: no ink is white, full ink has a lightness, 0 to 100."""
    ramp = bytes(range(256))
    table = bytearray()
    for inks in itertools.product((0, 1), repeat=4):
        table += bytes([round(255 * (1 - max(inks) * (1 - lightness / 100))), 128, 128])
    identity = struct.pack(">9i", *(65536 if place in (0, 4, 8) else 0 for place in range(9)))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + bytes(table) + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": lut})


def _matrix(primaries: tuple[float, ...]) -> NDArray[np.float64]:
    """Return the matrix from linear RGB to XYZ, adapted to D50."""
    xy = np.array(primaries).reshape(4, 2)
    xyz = np.stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(axis=1)) / xy[:, 1]])
    colours, white = xyz[:, :3], xyz[:, 3]
    gains = (BRADFORD @ D50) / (BRADFORD @ white)
    to_d50 = np.linalg.inv(BRADFORD) @ np.diag(gains) @ BRADFORD
    matrix: NDArray[np.float64] = to_d50 @ colours @ np.diag(np.linalg.solve(colours, white))
    return matrix


def _xyz(values: NDArray[np.float64]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = {b"wtpt": _xyz(D50), b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"x" + bytes(80), **tags}
    position = 128 + 4 + 12 * len(tags)
    table, bodies = struct.pack(">I", len(tags)), b""
    for name, body in tags.items():
        padded = body + bytes(-len(body) % 4)
        table += struct.pack(">4sII", name, position + len(bodies), len(body))
        bodies += padded
    header = struct.pack(">I4sI4s4s4s", position + len(bodies), b"test", 0x02400000, kind, space, connection)
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", *(round(v * 65536) for v in D50))
    return header.ljust(128, b"\0") + table + bodies


def converted(image: Image.Image, profile: bytes) -> Image.Image:
    """Return an sRGB image's colours in another profile."""
    srgb = ImageCms.createProfile("sRGB")
    other = ImageCms.profileToProfile(image, srgb, io.BytesIO(profile))
    assert other is not None
    del other.info["icc_profile"]  # or Pillow would embed it
    return other
