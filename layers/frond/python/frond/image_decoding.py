"""Decode the first frame of an image file, with its orientation and its colour space.

Damage outside the pixels does not refuse a photo that browsers show: if a file cannot be decoded, it is
decoded without its metadata, and a JPEG may lack its last marker.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageChops

from frond import jpeg_segments
from frond.colour import DeclaredColour
from frond.first_frame import visible
from frond.image_bounds import memory_limit, pixel_ceiling
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
# the others are large, and loaded when a file has their signature. So is our code for one format alone.
FORMATS = ("JPEG", "PNG", "GIF")
EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Limits of a decode.

    Attributes
    ----------
    max_bytes, max_pixels
        Of the file and of the image; checked before decoding.
    max_memory
        Bytes that decoding may allocate, for a file whose pixels are more than it declares. None where other
        threads allocate, too.
    """

    max_bytes: int = 25_000_000
    max_pixels: int = 64_000_000
    max_memory: int | None = None


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """Pixels of an image file, as stored, and what is needed to show them.

    Attributes
    ----------
    pixels
        In mode ``L``, ``RGB``, ``RGBA`` or ``CMYK``; a JPEG's may be at a reduced scale.
    size
        Width and height at full scale, as stored.
    orientation
        EXIF's, 1 to 8.
    format
        Pillow's name of the format.
    colour
        Declared colour space.
    data
        The file, mended if it was damaged outside its pixels.
    """

    pixels: Image.Image
    size: tuple[int, int]
    orientation: int
    format: str
    colour: DeclaredColour
    data: bytes


def decode_image(data: bytes, limits: DecodeLimits, side: int) -> DecodedImage:
    """Decode the first frame; of a JPEG, a reduced scale with at least ``side`` pixels each way.

    The errors are those of :func:`frond.preprocessing.read_photo`.
    """
    if data.startswith(jpeg_segments.SIGNATURE):
        return _decode_jpeg(data, limits, side)
    try:
        return _decode(data, limits, side)
    except UnreadablePhoto:
        without_metadata = _without_metadata(data)
        if len(without_metadata) == len(data):
            raise
        return _decode(without_metadata, limits, side)


def _without_metadata(data: bytes) -> bytes:
    from frond import png_chunks  # noqa: PLC0415 - see FORMATS

    return png_chunks.without_metadata(data) if data.startswith(png_chunks.SIGNATURE) else data


def _decode_jpeg(data: bytes, limits: DecodeLimits, side: int) -> DecodedImage:
    """Decode a JPEG, even if its metadata are damaged or it lacks its last marker.

    The decoder ignores the metadata, so a file that cannot be opened with them is opened without. Only a file
    without its last marker is decoded twice.

    Raises
    ------
    frond.problems.UnreadablePhoto
        The pixels are damaged or incomplete.
    """
    try:
        image = _checked(data, limits)
    except UnreadablePhoto:
        data = jpeg_segments.without_metadata(data)
        image = _checked(data, limits)
    if not jpeg_segments.lacks_end(data):
        return _load(image, data, limits, side)
    decoded, other = (_decode(each, limits, side) for each in jpeg_segments.ended(data))
    if ImageChops.difference(decoded.pixels, other.pixels).getbbox() is not None:
        raise UnreadablePhoto
    return decoded


def _decode(data: bytes, limits: DecodeLimits, side: int) -> DecodedImage:
    return _load(_checked(data, limits), data, limits, side)


def _load(image: Image.Image, data: bytes, limits: DecodeLimits, side: int) -> DecodedImage:
    with memory_limit(limits.max_memory), decoder_errors(limits):
        size, colour = image.size, _declared(image, data)
        pixels = visible(image, data, side)
        if pixels.aperture is not None:
            left, top, right, bottom = pixels.aperture
            size = (right - left, bottom - top)
        return DecodedImage(
            pixels=pixels.image,
            size=size,
            orientation=_orientation(image),
            format="JPEG" if image.format == "MPO" else str(image.format),
            colour=colour,
            data=data,
        )


def _checked(data: bytes, limits: DecodeLimits) -> Image.Image:
    """Open a file within the limits, by its header alone."""
    if not data:
        raise EmptyBody
    if len(data) > limits.max_bytes:
        raise PayloadTooLarge(limit_bytes=limits.max_bytes)
    max_pixels = pixel_ceiling(data, limits.max_pixels)
    if data.startswith(jpeg_segments.SIGNATURE) and not jpeg_segments.is_readable(data):
        raise UnsupportedFormat
    try:
        image = Image.open(io.BytesIO(data), formats=_readers(data))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise TooManyPixels(max_pixels=limits.max_pixels) from bomb
    except Exception as error:  # decoders raise many kinds: a broken header can make a parser raise anything
        raise (UnreadablePhoto if _looks_supported(data) else UnsupportedFormat) from error
    if image.width * image.height > max_pixels:
        raise TooManyPixels(max_pixels=max_pixels, width=image.width, height=image.height)
    return image


@contextmanager
def decoder_errors(limits: DecodeLimits) -> Iterator[None]:
    """Map exceptions of decoders and colour converters to problems."""
    try:
        yield
    except Problem:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise TooManyPixels(max_pixels=limits.max_pixels) from bomb
    except Exception as damage:  # decoders raise OSError, SyntaxError, ValueError, struct.error and more
        raise UnreadablePhoto from damage


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


def _declared(image: Image.Image, data: bytes) -> DeclaredColour:
    """Return the declared colour space, by the precedence of the file's format."""
    icc_profile = image.info.get("icc_profile")
    if image.format == "PNG":
        from frond import png_chunks  # noqa: PLC0415 - see FORMATS

        code_points = png_chunks.code_points(data)
        if code_points is None and icc_profile is None and "srgb" not in image.info:
            return DeclaredColour(gamma=image.info.get("gamma"), primaries=image.info.get("chromaticity"))
        return DeclaredColour(code_points, icc_profile)
    if icc_profile is None and image.format in ("AVIF", "HEIF"):
        from frond import heif_boxes  # noqa: PLC0415 - see FORMATS

        return DeclaredColour(heif_boxes.primary_properties(data, image.size).code_points)
    return DeclaredColour(icc_profile=icc_profile)


def _orientation(image: Image.Image) -> int:
    """Return the EXIF orientation; 1, upright, if the tags are missing or damaged.

    XMP has an orientation, too, which browsers ignore. HEIF's and AVIF's own rotation replaces EXIF's: their
    readers apply it or put it there.
    """
    try:
        tags = Image.Exif()
        tags.load(image.info["exif"])
        value = tags.get(EXIF_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - as above; unreadable tags do not invalidate a readable image
        return 1
    return value if value in range(1, 9) else 1
