"""Load the visible part of an image's first frame: its transparency, its place on the canvas, its crop."""

import io
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box: TypeAlias = tuple[int, int, int, int]
GREY_16 = ("I;16", "I;16L", "I;16B", "I;16N", "I")


class VisiblePixels(NamedTuple):
    """Pixels in mode ``L``, ``RGB``, ``RGBA`` or ``CMYK``, and the crop that the file declares."""

    image: Image.Image
    aperture: Box | None


def visible(image: Image.Image, data: bytes, side: int) -> VisiblePixels:
    """Load an opened image; a JPEG at the smallest DCT scale of at least ``side`` pixels each way."""
    canvas = (0, 0, *image.size)
    frame = _frame(image, data)
    image.draft(None, (side, side))  # only the JPEG decoder uses the hint
    transparency = image.info.get("transparency")
    image.load()
    if image.format == "PNG" and transparency is None:
        image.info.pop("transparency", None)  # misplaced behind the pixels
    pixels = _resamplable(image, data)
    if frame != canvas:
        pixels = _on_canvas(pixels, frame)
    aperture = None
    if image.format == "AVIF":
        from frond import heif_boxes  # noqa: PLC0415 - most photos are in other formats

        aperture = heif_boxes.primary_properties(data, image.size).clean_aperture
        pixels = pixels.crop(aperture) if aperture else pixels
    return VisiblePixels(pixels, aperture)


def _frame(image: Image.Image, data: bytes) -> Box:
    """Return the place of an animation's first frame on its canvas."""
    if image.format == "GIF":
        left, top, right, bottom = image.tile[0].extents  # type: ignore[attr-defined]
        return left, top, right, bottom
    if image.format == "WEBP":
        return _webp_frame(data) or (0, 0, *image.size)
    return (0, 0, *image.size)


def _webp_frame(data: bytes) -> Box | None:
    """Return the place of the first ``ANMF`` chunk's frame (RFC 9649, 2.7.1.1)."""
    position = 12
    while position + 24 <= len(data) and data[position : position + 4] not in (b"VP8 ", b"VP8L"):
        if data[position : position + 4] == b"ANMF":
            left, top, width, height = (
                int.from_bytes(data[place : place + 3], "little")
                for place in range(position + 8, position + 20, 3)
            )
            return 2 * left, 2 * top, 2 * left + width + 1, 2 * top + height + 1
        length = int.from_bytes(data[position + 4 : position + 8], "little")
        position += 8 + length + length % 2
    return None


def _on_canvas(image: Image.Image, frame: Box) -> Image.Image:
    """Return the image, transparent outside its frame."""
    canvas = Image.new("RGBA", image.size)
    canvas.paste(image.crop(frame).convert("RGBA"), frame[:2])
    return canvas


def _resamplable(image: Image.Image, data: bytes) -> Image.Image:
    """Convert modes that cannot be resampled, such as palettes, or lose their upper byte."""
    if image.mode in GREY_16:
        return _grey_16(image)
    if image.has_transparency_data:
        if image.format == "PNG" and "transparency" in image.info and image.mode in ("L", "RGB"):
            return _with_transparent_colour(image, data)
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _grey_16(image: Image.Image) -> Image.Image:
    values = np.asarray(image)
    grey = Image.fromarray((values >> 8).astype(np.uint8))
    if "transparency" not in image.info:
        return grey
    return _masked(grey, values == image.info["transparency"])


def _with_transparent_colour(image: Image.Image, data: bytes) -> Image.Image:
    """Apply ``tRNS`` (ISO/IEC 15948, 11.3.2.1), whose colour has the bits of the stored samples."""
    bits = data[24]
    colour = np.atleast_1d(np.array(image.info["transparency"])) & (2**bits - 1)
    if bits == 16:
        equal = (_lower_bytes(data) == colour & 0xFF) & (np.asarray(image) == colour >> 8)
        return _masked(image, equal.all(axis=-1))
    stored = np.asarray(image).reshape(image.height, image.width, -1)
    return _masked(image, (stored == colour * 255 // (2**bits - 1)).all(axis=-1))


def _lower_bytes(data: bytes) -> NDArray[np.uint8]:
    """Decode the lower bytes of a PNG's 16-bit colours; Pillow decodes the upper ones."""
    image = Image.open(io.BytesIO(data), formats=("PNG",))
    image.tile = [tile._replace(args="RGB;16L") for tile in image.tile]
    return np.asarray(image)


def _masked(image: Image.Image, transparent: NDArray[np.bool_]) -> Image.Image:
    masked = image.convert("RGBA") if "transparency" not in image.info else _opaque(image)
    masked.putalpha(Image.fromarray(np.where(transparent, 0, 255).astype(np.uint8)))
    return masked


def _opaque(image: Image.Image) -> Image.Image:
    opaque = image.copy()
    del opaque.info["transparency"]
    return opaque.convert("RGBA")
