"""Decode and preprocess photos, in one place.

Training, the HTTP API and S3 uploads all call :func:`read_photo`, so a photo always gives the same model
input. The stages, in order: *checked* (allowed formats, byte and pixel limits, from the header before
anything is decoded), *decoded* (JPEGs at a reduced DCT scale when far larger than needed; the first frame of
an animation), *square* at the model's size, *sRGB* (a declared colour space that is far from it, CMYK and
grey converted; alpha over white) and *upright* (EXIF orientation). Colours and rotation come last because a
small square is cheaper to convert and rotate; rotation commutes with a centred crop.

Metadata, such as GPS, is dropped: only pixels leave this module.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field

from frond.colour import to_srgb
from frond.image_decoding import DecodedImage, DecodeLimits, decode_image, decoder_errors

__all__ = ["DecodeLimits", "Photo", "PreprocessingSpec", "read_photo", "read_whole", "read_with_preview"]

# A JPEG is decoded at the smallest DCT scale that leaves this many source pixels per target pixel, so
# that the resampling filter, not the decoder, determines aliasing.
OVERSAMPLING = 1.5
# Enlarging a thumbnail by a tenth is invisible, and decoding a large photo again is slow.
MIN_THUMBNAIL_SCALE = 0.9
# The longer side of a photo of 12 megapixels, so that small plants in it keep all their pixels.
WHOLE_SIDE = 4032
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
    colour: Literal["srgb"] = Field(
        default="srgb", description="srgb: convert to sRGB what declares a space far from it"
    )


@dataclass(frozen=True, slots=True)
class Photo:
    """A preprocessed photo, with the size and format of the original.

    Attributes
    ----------
    pixels
        ``uint8[size, size, 3]``, RGB, upright; ``uint8[H, W, 3]`` from :func:`read_whole`.
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
    decoded = decode_image(data, limits, _decoded_side(spec))
    with decoder_errors(limits):
        return _photo(decoded, spec)


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
    decoded = decode_image(data, limits, _decoded_side(spec))
    longer = min(side, max(decoded.size))
    with decoder_errors(limits):
        photo = _photo(decoded, spec)
        if max(decoded.pixels.size) < MIN_THUMBNAIL_SCALE * longer:  # decoded at the model's smaller scale
            decoded = decode_image(decoded.data, limits, side)
        return photo, _thumbnail(decoded, longer)


def read_whole(data: bytes, limits: DecodeLimits | None = None, side: int = WHOLE_SIDE) -> Photo:
    """Decode a photo without cropping it; the detector searches it, and crops are cut from it.

    The worst photo of 64 megapixels, a progressive JPEG in CMYK 65,500 pixels wide, takes 740 MB.

    The other parameters and the errors are those of :func:`read_photo`.

    Parameters
    ----------
    side
        The longer side of the pixels at most; smaller photos are not enlarged.
    """
    limits = limits or DecodeLimits()
    # The shorter side at the usual 4:3.
    decoded = decode_image(data, limits, side * 3 // 4)
    with decoder_errors(limits):
        return _sized(_thumbnail(decoded, min(side, max(decoded.pixels.size))), decoded)


def _decoded_side(spec: PreprocessingSpec) -> int:
    return math.ceil(spec.size * OVERSAMPLING)


def _photo(decoded: DecodedImage, spec: PreprocessingSpec) -> Photo:
    return _sized(_shown(_square(decoded.pixels, spec), decoded), decoded)


def _sized(pixels: NDArray[np.uint8], decoded: DecodedImage) -> Photo:
    width, height = decoded.size if decoded.orientation < 5 else decoded.size[::-1]
    return Photo(pixels, width, height, decoded.format)


def _thumbnail(decoded: DecodedImage, side: int) -> NDArray[np.uint8]:
    small = decoded.pixels
    if max(small.size) != side:
        scale = side / max(small.size)
        size = (max(1, round(small.width * scale)), max(1, round(small.height * scale)))
        small = small.resize(size, Image.Resampling.BILINEAR)
    return _shown(small, decoded)


def _shown(small: Image.Image, decoded: DecodedImage) -> NDArray[np.uint8]:
    """Return small pixels as a viewer shows them: in sRGB, over white, upright."""
    rgb = _rgb(to_srgb(small, decoded.colour))
    return np.asarray(_upright(rgb, decoded.orientation), dtype=np.uint8)


def _square(image: Image.Image, spec: PreprocessingSpec) -> Image.Image:
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize(
        (spec.size, spec.size),
        Image.Resampling.BILINEAR,
        box=(left, top, left + side, top + side),
    )


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image.transpose(TURNS[orientation]) if orientation in TURNS else image
