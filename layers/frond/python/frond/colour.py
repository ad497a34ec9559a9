"""Convert colours to sRGB, if a file declares other ones.

A photo without a declaration is sRGB. A declared space is converted only if it is far from sRGB
(:data:`MIN_DIFFERENCE`): a nearby one, such as sRGB by another name, keeps its bytes, and so the model's
answers.
ICC profiles are converted by LittleCMS; code points (ITU-T H.273, in PNG's ``cICP`` and HEIF's ``nclx``) and
PNG's ``gAMA`` and ``cHRM`` by their formulas. Broken and unknown declarations are ignored, as browsers do.
"""

import io
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# Mean difference to the same bytes read as sRGB, 0 to 255, over a grid of colours. sRGB with another curve or
# white (1 to 6) lies below; Adobe RGB and Display P3 (9) and wider spaces above (docs/experiments/colour.md).
MIN_DIFFERENCE = 8.0
# The largest profile of a press has 2 MB; larger ones are ignored.
MAX_PROFILE_BYTES = 4_000_000
# Luminance of white in HDR (ITU-R BT.2408, 2.2), cd/m².
REFERENCE_WHITE = 203.0

Conversion: TypeAlias = Callable[[Image.Image], Image.Image]
Channels: TypeAlias = NDArray[np.float64]

# Chromaticities x, y of white, red, green and blue, as in ``cHRM``.
Primaries: TypeAlias = tuple[float, float, float, float, float, float, float, float]
D65 = (0.3127, 0.3290)
SRGB: Primaries = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
# By code point (H.273, table 2).
PRIMARIES: dict[int, Primaries] = {
    1: SRGB,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (0.310, 0.316, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
# Bradford's cone responses, to adapt a white point.
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


@dataclass(frozen=True, slots=True)
class CodePoints:
    """Colour primaries and transfer characteristics (ITU-T H.273, tables 2 and 3)."""

    primaries: int
    transfer: int


@dataclass(frozen=True, slots=True)
class DeclaredColour:
    """Colour space that a file declares; the first given one of the three counts.

    Attributes
    ----------
    code_points
        Of PNG's ``cICP`` or HEIF's ``nclx``.
    icc_profile
        Embedded profile.
    gamma, primaries
        Of PNG's ``gAMA`` (the exponent of encoding, such as 0.45455) and ``cHRM``.
    """

    code_points: CodePoints | None = None
    icc_profile: bytes | None = None
    gamma: float | None = None
    primaries: Primaries | None = None


def to_srgb(image: Image.Image, declared: DeclaredColour) -> Image.Image:
    """Convert an ``L``, ``RGB``, ``RGBA`` or ``CMYK`` image to sRGB, or return it unchanged.

    Alpha stays as it is. The cost is that of the image's pixels: convert the small image.
    """
    if image.mode == "RGBA":
        colours = image.convert("RGB")
        converted = to_srgb(colours, declared)
        if converted is colours:
            return image
        converted.putalpha(image.getchannel("A"))
        return converted
    convert = _conversion(declared, image.mode)
    return image if convert is None else convert(image)


def _conversion(declared: DeclaredColour, mode: str) -> Conversion | None:
    """Return the conversion to sRGB of images in a mode, None if there is none or sRGB is near."""
    if declared.code_points is not None:
        return _by_code_points(declared.code_points)
    if declared.icc_profile:
        return (
            _by_profile(declared.icc_profile, mode)
            if len(declared.icc_profile) <= MAX_PROFILE_BYTES
            else None
        )
    if declared.gamma is not None or declared.primaries is not None:
        return _by_gamma(declared.gamma, declared.primaries)
    return None


# A function sees the same few profiles again and again.
@lru_cache(maxsize=4)
def _by_profile(profile: bytes, mode: str) -> Conversion | None:
    from PIL import ImageCms  # noqa: PLC0415 - most photos need no conversion

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        source_mode = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(source.profile.xcolor_space)
        if source_mode is None or (source_mode != mode and (source_mode, mode) != ("RGB", "L")):
            return None
        transform = ImageCms.buildTransform(
            source,
            ImageCms.createProfile("sRGB"),
            source_mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
        )

        def convert(image: Image.Image) -> Image.Image:
            return cast(Image.Image, ImageCms.applyTransform(image.convert(source_mode), transform))

        return convert if _is_far(convert, mode) else None
    except Exception:  # noqa: BLE001 - LittleCMS and Pillow raise many kinds; a broken profile is ignored
        return None


@lru_cache(maxsize=16)
def _by_code_points(code_points: CodePoints) -> Conversion | None:
    decode = _transfer(code_points.transfer)
    primaries = PRIMARIES.get(code_points.primaries)
    if decode is None or primaries is None:
        return None
    return _by_formula(decode, primaries)


@lru_cache(maxsize=16)
def _by_gamma(gamma: float | None, primaries: Primaries | None) -> Conversion | None:
    if gamma is not None and not 0.1 <= gamma <= 4:
        return None
    decode = _srgb_to_linear if gamma is None else _power(1 / gamma)
    return _by_formula(decode, primaries or SRGB)


def _by_formula(decode: Callable[[Channels], Channels], primaries: Primaries) -> Conversion | None:
    if min(primaries[1::2]) <= 0:
        return None
    try:
        matrix = np.linalg.inv(_to_xyz(SRGB)) @ _to_xyz(primaries)
    except np.linalg.LinAlgError:
        return None
    levels = decode(np.arange(256) / 255)

    def convert(image: Image.Image) -> Image.Image:
        linear = levels[np.asarray(image.convert("RGB"))] @ matrix.T
        return Image.fromarray(np.rint(255 * _linear_to_srgb(linear)).astype(np.uint8))

    return convert if _is_far(convert, "RGB") else None


def _is_far(convert: Conversion, mode: str) -> bool:
    grid = _grid(mode)
    plain, converted = (np.asarray(each, dtype=float) for each in (grid.convert("RGB"), convert(grid)))
    return bool(np.abs(plain - converted).mean() > MIN_DIFFERENCE)


def _grid(mode: str) -> Image.Image:
    """Return colours evenly over a mode's range."""
    channels = len(mode)
    levels = np.linspace(0, 255, 17 if channels == 1 else 5).astype(np.uint8)
    colours = np.array(list(itertools.product(levels, repeat=channels)), dtype=np.uint8)
    return Image.frombytes(mode, (len(colours), 1), colours.tobytes())


def _transfer(code: int) -> Callable[[Channels], Channels] | None:
    """Return the function from a coded value to linear light, 1 at white (H.273, table 3)."""
    # Photos coded by BT.709's camera curve are shown with sRGB's, by browsers too.
    if code in (1, 6, 13, 14, 15):
        return _srgb_to_linear
    if code in POWERS:
        return _power(POWERS[code])
    return {16: _pq_to_linear, 18: _hlg_to_linear}.get(code)


POWERS = {4: 2.2, 5: 2.8, 8: 1.0, 17: 2.6}


def _power(exponent: float) -> Callable[[Channels], Channels]:
    return lambda coded: coded**exponent


def _srgb_to_linear(coded: Channels) -> Channels:
    """IEC 61966-2-1."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def _linear_to_srgb(linear: Channels) -> Channels:
    light = np.clip(linear, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


def _pq_to_linear(coded: Channels) -> Channels:
    """SMPTE ST 2084, 5.1."""
    root = coded ** (1 / 78.84375)
    light = (np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)) ** (1 / 0.1593017578125)
    return light * 10_000 / REFERENCE_WHITE


def _hlg_to_linear(coded: Channels) -> Channels:
    """ITU-R BT.2100, table 5, with a display of 1,000 cd/m²; its system gamma for each channel alone."""
    scene = np.where(
        coded <= 0.5, coded**2 / 3, (np.exp((coded - 0.55991073) / 0.17883277) + 0.28466892) / 12
    )
    return scene**1.2 * 1_000 / REFERENCE_WHITE


def _to_xyz(primaries: Primaries) -> NDArray[np.float64]:
    """Return the matrix from linear RGB to XYZ, its white adapted to D65."""
    xy = np.array(primaries).reshape(4, 2)
    xyz = np.stack([xy[:, 0] / xy[:, 1], np.ones(4), (1 - xy.sum(axis=1)) / xy[:, 1]])
    white, colours = xyz[:, 0], xyz[:, 1:]
    matrix = colours * np.linalg.solve(colours, white)
    d65 = np.array([D65[0] / D65[1], 1, (1 - sum(D65)) / D65[1]])
    gains = (BRADFORD @ d65) / (BRADFORD @ white)
    adaptation: Any = np.linalg.inv(BRADFORD) @ np.diag(gains) @ BRADFORD
    return cast(NDArray[np.float64], adaptation @ matrix)
