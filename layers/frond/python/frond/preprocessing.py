"""The only place where bytes become pixels.

Training, the HTTP door and the S3 door all call :func:`read_photo`, so the same photo gives the same
model input whichever way it came. The stages, in order: *checked* (formats on the list, byte and pixel
ceilings, read from the header before anything is decoded), *decoded* (JPEGs at a reduced DCT scale
when far larger than needed; the first frame of an animation), *square* at the model's size, *RGB*
(alpha over white, CMYK, grey and 16 bits converted) and *upright* (EXIF orientation). Turning comes
last because a small square is cheaper to turn; it commutes with a centred crop.

Metadata, GPS above all, ends here: only pixels leave this module. Colour profiles are not applied.
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

from frond.problems import (
    EmptyBody,
    PayloadTooLarge,
    Problem,
    TooManyPixels,
    UnreadablePhoto,
    UnsupportedFormat,
)

# With these Pillow need not load its forty other readers to look for one.
Image.preinit()
# A header that lies about its size must fail, not be logged.
warnings.simplefilter("error", Image.DecompressionBombWarning)

# An MPO (several JPEGs in one file, as phones write) is opened by the JPEG reader. These readers are at hand;
# the others are large, and loaded when a file begins like one of theirs.
FORMATS = ("JPEG", "PNG", "GIF")
# A JPEG is decoded at the smallest DCT scale that leaves this many source pixels per target pixel, so
# that the resampling filter, not the decoder, decides how fine detail folds.
OVERSAMPLING = 1.5
# Nobody sees that a preview was enlarged by a tenth, and to decode a large photo again takes long.
NEARLY = 0.9
EXIF_ORIENTATION = 0x0112
# What each orientation asks for; 1, the only other one, asks for nothing.
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
    """How a photo becomes the model's input; travels in the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(ge=16, le=1024, description="Height and width of the square, in pixels")
    fit: Literal["cover"] = Field(
        default="cover", description="cover: the largest centred square of the photo"
    )
    filter: Literal["bilinear"] = Field(
        default="bilinear", description="bilinear: Pillow's, widened when shrinking"
    )


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Ceilings that hold before any decoding: bytes of the file, pixels of the picture."""

    max_bytes: int = 25_000_000
    max_pixels: int = 64_000_000


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as the model sees it, and what is worth telling of the original.

    Attributes
    ----------
    pixels
        ``uint8[size, size, 3]``, RGB, upright.
    width, height
        Of the original, in pixels, upright.
    format
        Pillow's name of the format: ``JPEG``, ``PNG``, ``WEBP``, ``HEIF``, ``AVIF``, ``GIF``.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    format: str


def read_photo(data: bytes, recipe: PreprocessingSpec, limits: DecodeLimits | None = None) -> Photo:
    """Turn the bytes of a photo into the model's input.

    Parameters
    ----------
    data
        The whole file.
    recipe
        Size and shape of the model's input.
    limits
        Ceilings to hold; the defaults suit a function with 2 GB of memory.

    Raises
    ------
    frond.problems.EmptyBody
        No bytes.
    frond.problems.PayloadTooLarge
        More bytes than the ceiling.
    frond.problems.UnsupportedFormat
        Not a picture, or a format that is not on the list.
    frond.problems.TooManyPixels
        More pixels than the ceiling, by the header.
    frond.problems.UnreadablePhoto
        Damaged or cut short.
    """
    limits = limits or DecodeLimits()
    image = _checked(data, limits)
    with _damage_told(limits):
        original = _Original.of(image)
        return _photo(_decoded(image, recipe), original, recipe)


def read_with_preview(
    data: bytes, recipe: PreprocessingSpec, side: int, limits: DecodeLimits | None = None
) -> tuple[Photo, NDArray[np.uint8]]:
    """Turn the bytes of a photo into the model's input and into a small copy for people.

    The photo is that of :func:`read_photo`, which also tells of the parameters and what is raised.

    Parameters
    ----------
    side
        The longer side of the copy, in pixels; a smaller photo is not made larger.

    Returns
    -------
    Photo
        The model's input.
    numpy.ndarray
        The whole photo, ``uint8[H, W, 3]``, RGB, upright.
    """
    limits = limits or DecodeLimits()
    image = _checked(data, limits)
    with _damage_told(limits):
        original = _Original.of(image)
        decoded = _decoded(image, recipe)
        photo = _photo(decoded, original, recipe)
        longer = min(side, max(original.size))
        if max(decoded.size) < NEARLY * longer:  # what the model needs may be less
            decoded = _checked(data, limits)
            decoded.draft(None, (side, side))
        return photo, _preview(decoded, longer)


@dataclass(frozen=True, slots=True)
class _Original:
    """What a decoder at reduced scale forgets: Pillow's format, and the size as stored."""

    format: str
    size: tuple[int, int]

    @classmethod
    def of(cls, image: Image.Image) -> Self:
        return cls("JPEG" if image.format == "MPO" else str(image.format), image.size)


@contextmanager
def _damage_told(limits: DecodeLimits) -> Iterator[None]:
    """Turn whatever a decoder raises into the problem that it is."""
    try:
        yield
    except Problem:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise TooManyPixels(max_pixels=limits.max_pixels) from bomb
    except Exception as damage:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise UnreadablePhoto from damage


def _photo(decoded: Image.Image, original: _Original, recipe: PreprocessingSpec) -> Photo:
    orientation = _orientation(decoded)
    small = _upright(_rgb(_square(decoded, recipe)), orientation)
    width, height = original.size if orientation < 5 else original.size[::-1]
    return Photo(np.asarray(small, dtype=np.uint8), width, height, original.format)


def _preview(decoded: Image.Image, side: int) -> NDArray[np.uint8]:
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
    try:
        image = Image.open(io.BytesIO(data), formats=_readers(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise TooManyPixels(max_pixels=limits.max_pixels) from bomb
    except Exception as error:  # as above: a broken header can make a parser raise anything
        raise (UnreadablePhoto if _looks_supported(data) else UnsupportedFormat) from error
    if image.width * image.height > limits.max_pixels:
        raise TooManyPixels(max_pixels=limits.max_pixels, width=image.width, height=image.height)
    return image


def _readers(data: bytes) -> tuple[str, ...]:
    """Return the formats that a file may be of, by how it begins; each has its reader loaded."""
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
    """Tell whether the first bytes are those of a format on the list."""
    accepts = (Image.OPEN[name][1] for name in _readers(data))
    return any(accept(data[:16]) is True for accept in accepts if accept)


def _decoded(image: Image.Image, recipe: PreprocessingSpec) -> Image.Image:
    target = math.ceil(recipe.size * OVERSAMPLING)
    image.draft(None, (target, target))  # only JPEG decoders take the hint
    image.load()
    return image


def _square(image: Image.Image, recipe: PreprocessingSpec) -> Image.Image:
    resampled = _resamplable(image)
    side = min(resampled.size)
    left, top = (resampled.width - side) / 2, (resampled.height - side) / 2
    return resampled.resize(
        (recipe.size, recipe.size),
        Image.Resampling.BILINEAR,
        box=(left, top, left + side, top + side),
    )


def _resamplable(image: Image.Image) -> Image.Image:
    """Convert the modes whose values cannot be averaged, or not without losing their upper byte."""
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
    """Return the EXIF orientation; 1, upright, where the tags are missing or damaged."""
    try:
        value = image.getexif().get(EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - as above; unreadable tags do not spoil a readable picture
        return 1
    return value if value in TURNS else 1


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image
