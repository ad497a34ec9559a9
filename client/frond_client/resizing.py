"""Shrink photos before they are sent, as the page does: the model sees a small square of them anyway."""

import io
import warnings
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

# More than five times the 224 px of the model's input.
MAX_SIDE = 1280
# Shrinking a smaller file would save nothing.
SHRINK_ABOVE_BYTES = 300_000
JPEG_QUALITY = 90


def shrink(data: bytes) -> bytes:
    """Return a photo as a JPEG of at most 1280 pixels a side, without metadata but its colour profile.

    Returns
    -------
    bytes
        The photo itself where that saves nothing, where Pillow is not installed (`frond-client[images]`) or
        cannot read the photo: the service may.
    """
    if len(data) <= SHRINK_ABOVE_BYTES:
        return data
    try:
        from PIL import Image  # noqa: PLC0415 - an extra
    except ImportError:
        return data
    try:
        with warnings.catch_warnings():
            # Of a decompression bomb.
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(data)) as image:
                smaller = _to_jpeg(image)
    except Exception:  # noqa: BLE001 - decoders raise anything; the service names what is wrong with a photo
        return data
    return min(data, smaller, key=len)


def is_image(source: object) -> "TypeGuard[Image]":
    """Return whether a photo is a Pillow image, without importing Pillow."""
    return any(f"{kind.__module__}.{kind.__name__}" == "PIL.Image.Image" for kind in type(source).__mro__)


def is_array(source: object) -> "TypeGuard[NDArray[np.uint8]]":
    """Return whether a photo is an array, without importing NumPy."""
    return hasattr(source, "__array_interface__") and not is_image(source)


def encode_image(image: "Image") -> bytes:
    """Return a Pillow image as a PNG file, upright."""
    from PIL import ImageOps  # noqa: PLC0415 - an extra

    file = io.BytesIO()
    upright = ImageOps.exif_transpose(image)
    known = (
        upright if upright.mode in {"1", "L", "LA", "I;16", "P", "RGB", "RGBA"} else upright.convert("RGB")
    )
    known.save(file, "PNG", compress_level=1, **_profile(image))
    return file.getvalue()


def encode_array(array: "NDArray[np.uint8]") -> bytes:
    """Return an array ``uint8[H, W, 3]``, ``[H, W, 4]`` or ``[H, W]`` as a PNG file.

    Raises
    ------
    TypeError
        If it has another type or shape: the range of other numbers is unknown.
    """
    interface: dict[str, Any] = array.__array_interface__
    kind, shape = interface["typestr"].lstrip("<>|="), tuple(interface["shape"])
    if kind != "u1" or not (len(shape) == 2 or (len(shape) == 3 and shape[2] in {3, 4})) or 0 in shape:
        raise TypeError(f"An array is uint8[height, width, 3], not {kind}{list(shape)}.")
    from PIL import Image  # noqa: PLC0415 - an extra

    return encode_image(Image.fromarray(array))


def _to_jpeg(image: "Image") -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415 - an extra

    profile = _profile(image)
    orientation = image.getexif().get(0x0112)
    image.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        # JPEG has no transparency: the background is white, as in preprocessing.
        transparent = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), transparent).convert("RGB")
        image.getexif()[0x0112] = orientation or 1
    upright = ImageOps.exif_transpose(image)
    rgb = upright if upright.mode in {"L", "RGB", "CMYK"} else upright.convert("RGB")
    file = io.BytesIO()
    rgb.save(file, "JPEG", quality=JPEG_QUALITY, **profile)
    return file.getvalue()


def _profile(image: "Image") -> dict[str, bytes]:
    profile = image.info.get("icc_profile")
    return {"icc_profile": profile} if profile else {}
