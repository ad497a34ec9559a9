"""Decode and preprocess photos, in one place.

Training, the HTTP API and S3 uploads all call :func:`read_photo`, so a photo always gives the same model
input. The stages, in order: *checked* (allowed formats, byte and pixel limits, from the header before
anything is decoded), *decoded* (JPEGs at a reduced DCT scale when far larger than needed; the first frame of
an animation), *square* at the model's size, *RGB* (alpha over white; CMYK, grey and 16 bits converted) and
*upright* (EXIF orientation). Rotation comes last because a small square is cheaper to rotate; it commutes
with a centred crop.

Metadata, such as GPS, is dropped: only pixels leave this module. Colour profiles are not applied.
"""

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from frond.image_bounds import pixel_ceiling
from frond.problems import (
    EmptyBody,
    PayloadTooLarge,
    Problem,
    TooManyPixels,
    UnreadablePhoto,
    UnsupportedFormat,
)

# Load Pillow's common readers only, not its forty others.
Image.preinit()
# A decompression bomb must fail, not be logged.
warnings.simplefilter("error", Image.DecompressionBombWarning)

# The JPEG reader opens MPO (several JPEGs in one file, from phones), too. These readers are always loaded;
# the others are large, and loaded when a file has their signature.
FORMATS = ("JPEG", "PNG", "GIF")
# A JPEG is decoded at the smallest DCT scale that leaves this many source pixels per target pixel, so
# that the resampling filter, not the decoder, determines aliasing.
OVERSAMPLING = 1.5
# Enlarging a thumbnail by a tenth is invisible, and decoding a large photo again is slow.
MIN_THUMBNAIL_SCALE = 0.9
EXIF_ORIENTATION = 0x0112
# The transposition of each orientation; 1, the only other one, is upright.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PreprocessingSpec(BaseModel):
    """Preprocessing of a photo to the model's input; stored in the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(ge=16, le=1024, description="Height and width of the square, in pixels")
    fit: Literal["cover"] = Field(default="cover", description="cover: crop the largest centred square")
    filter: Literal["bilinear"] = Field(
        default="bilinear", description="bilinear: Pillow's, with antialiasing"
    )


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Limits that are checked before decoding: bytes of the file, pixels of the image."""

    max_bytes: int = 25_000_000
    max_pixels: int = 64_000_000


@dataclass(frozen=True, slots=True)
class Photo:
    """A preprocessed photo, with the size and format of the original.

    Attributes
    ----------
    pixels
        ``uint8[size, size, 3]``, RGB, upright.
    width, height
        Size of the original, in pixels, upright.
    format
        Pillow's name of the original's format: ``JPEG``, ``PNG``, ``WEBP``, ``HEIF``, ``AVIF``, ``GIF``.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: str


def read_photo(data: bytes, spec: PreprocessingSpec, limits: DecodeLimits | None = None) -> Photo:
    """Decode a photo and preprocess it to the model's input.

    Parameters
    ----------
    data
        The whole file.
    spec
        Size and shape of the model's input.
    limits
        Decode limits; the defaults suit a function with 2 GB of memory.

    Raises
    ------
    frond.problems.EmptyBody
        No bytes.
    frond.problems.PayloadTooLarge
        More bytes than the limit.
    frond.problems.UnsupportedFormat
        Not an image, or a format that is not allowed.
    frond.problems.TooManyPixels
        More pixels than the limit, or than such a file may have, by the header.
    frond.problems.TooComplex
        More scans, segments, chunks or blocks than a photo needs.
    frond.problems.UnreadablePhoto
        Damaged or truncated.
    """
    limits = limits or DecodeLimits()
    image = _checked(data, limits)
    with _decoder_errors(limits):
        original = _Original.of(image)
        return _photo(_decoded(image, spec), original, spec)


def read_with_preview(
    data: bytes, spec: PreprocessingSpec, side: int, limits: DecodeLimits | None = None
) -> tuple[Photo, NDArray[np.uint8]]:
    """Decode a photo, preprocess it to the model's input, and make a thumbnail.

    The photo, the other parameters and the errors are those of :func:`read_photo`.

    Parameters
    ----------
    side
        The longer side of the thumbnail, in pixels; smaller photos are not enlarged.

    Returns
    -------
    Photo
        The model's input.
    numpy.ndarray
        The uncropped thumbnail, ``uint8[H, W, 3]``, RGB, upright.
    """
    limits = limits or DecodeLimits()
    image = _checked(data, limits)
    with _decoder_errors(limits):
        original = _Original.of(image)
        decoded = _decoded(image, spec)
        photo = _photo(decoded, original, spec)
        longer = min(side, max(original.size))
        if max(decoded.size) < MIN_THUMBNAIL_SCALE * longer:  # decoded at the smaller scale of the model
            decoded = _checked(data, limits)
            decoded.draft(None, (side, side))
        return photo, _thumbnail(decoded, longer)


@dataclass(frozen=True, slots=True)
class _Original:
    """Format and stored size, which are lost when decoding at reduced scale."""

    format: str
    size: tuple[int, int]

    @classmethod
    def of(cls, image: Image.Image) -> Self:
        return cls("JPEG" if image.format == "MPO" else str(image.format), image.size)


@contextmanager
def _decoder_errors(limits: DecodeLimits) -> Iterator[None]:
    """Map exceptions of decoders to problems."""
    try:
        yield
    except Problem:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise TooManyPixels(max_pixels=limits.max_pixels) from bomb
    except Exception as damage:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise UnreadablePhoto from damage


def _photo(decoded: Image.Image, original: _Original, spec: PreprocessingSpec) -> Photo:
    orientation = _orientation(decoded)
    small = _upright(_rgb(_square(decoded, spec)), orientation)
    width, height = original.size if orientation < 5 else original.size[::-1]
    return Photo(np.asarray(small, dtype=np.uint8), width, height, original.format)


def _thumbnail(decoded: Image.Image, side: int) -> NDArray[np.uint8]:
    orientation = _orientation(decoded)
    small = _resamplable(decoded)
    if max(small.size) != side:
        scale = side / max(small.size)
        size = (max(1, round(small.width * scale)), max(1, round(small.height * scale)))
        small = small.resize(size, Image.Resampling.BILINEAR)
    return np.asarray(_upright(_rgb(small), orientation), dtype=np.uint8)


def _checked(data: bytes, limits: DecodeLimits) -> Image.Image:
    if not data:
        raise EmptyBody
    if len(data) > limits.max_bytes:
        raise PayloadTooLarge(limit_bytes=limits.max_bytes)
    max_pixels = pixel_ceiling(data, limits.max_pixels)
    try:
        image = Image.open(io.BytesIO(data), formats=_readers(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise TooManyPixels(max_pixels=limits.max_pixels) from bomb
    except Exception as error:  # as above: a broken header can make a parser raise anything
        raise (UnreadablePhoto if _looks_supported(data) else UnsupportedFormat) from error
    if image.width * image.height > max_pixels:
        raise TooManyPixels(max_pixels=max_pixels, width=image.width, height=image.height)
    return image


def _readers(data: bytes) -> tuple[str, ...]:
    """Return the possible formats by the file's signature, with their readers loaded."""
    if data[:4] == b"RIFF":
        return (*FORMATS, _webp())
    # The first box of ISO/IEC 14496-12, 4.3, which AVIF and HEIF have in common.
    if data[4:8] == b"ftyp":
        return (*FORMATS, _avif(), _heif())
    return FORMATS


@cache
def _webp() -> str:
    from PIL.WebPImagePlugin import WebPImageFile  # noqa: PLC0415 - see FORMATS

    return WebPImageFile.format


@cache
def _avif() -> str:
    from PIL.AvifImagePlugin import AvifImageFile  # noqa: PLC0415 - see FORMATS

    return AvifImageFile.format


@cache
def _heif() -> str:
    from pillow_heif import HeifImageFile, register_heif_opener  # noqa: PLC0415 - see FORMATS

    register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    return HeifImageFile.format


def _looks_supported(data: bytes) -> bool:
    """Return whether the signature is of an allowed format."""
    accepts = (Image.OPEN[name][1] for name in _readers(data))
    return any(accept(data[:16]) is True for accept in accepts if accept)


def _decoded(image: Image.Image, spec: PreprocessingSpec) -> Image.Image:
    target = math.ceil(spec.size * OVERSAMPLING)
    image.draft(None, (target, target))  # only the JPEG decoder uses the hint
    image.load()
    return image


def _square(image: Image.Image, spec: PreprocessingSpec) -> Image.Image:
    resampled = _resamplable(image)
    side = min(resampled.size)
    left, top = (resampled.width - side) / 2, (resampled.height - side) / 2
    return resampled.resize(
        (spec.size, spec.size),
        Image.Resampling.BILINEAR,
        box=(left, top, left + side, top + side),
    )


def _resamplable(image: Image.Image) -> Image.Image:
    """Convert modes that cannot be resampled, such as palettes, or lose their upper byte."""
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I"):
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1, upright, if the tags are missing or damaged."""
    try:
        value = image.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - as above; unreadable tags do not invalidate a readable image
        return 1
    return value if value in TURNS else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image
