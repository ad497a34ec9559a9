"""Corruptions of a good picture: blur, darkness, and the encodings that phones and messengers add."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Encoder = Callable[[Image.Image], bytes]


def encode(image: Image.Image, kind: str, quality: int | None = None) -> bytes:
    """Return an image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **({} if quality is None else {"quality": quality}))
    return file.getvalue()


def _jpeg(quality: int) -> Encoder:
    return lambda image: encode(image, "JPEG", quality)


def _jpeg_twice(image: Image.Image) -> bytes:
    """Save as JPEG, halfway shrunk and saved again, so that the blocks of both do not coincide."""
    first = Image.open(io.BytesIO(encode(image, "JPEG", 75)))
    side = round(0.9 * image.width)
    return encode(first.resize((side, side), Image.Resampling.BICUBIC), "JPEG", 75)


# A name of the encoding, and how it is made. All but the last keep the size of the model's input.
ENCODINGS: dict[str, Encoder] = {
    "PNG": lambda image: encode(image, "PNG"),
    "JPEG q95": _jpeg(95),
    "JPEG q75": _jpeg(75),
    "JPEG q60": _jpeg(60),
    "JPEG q75 twice": lambda image: encode(Image.open(io.BytesIO(_jpeg(75)(image))), "JPEG", 75),
    "JPEG q75, shrunk, q75": _jpeg_twice,
    "WebP q75": lambda image: encode(image, "WEBP", 75),
}


@dataclass(frozen=True, slots=True)
class Corruption:
    """What happened to a photo before it was encoded.

    Attributes
    ----------
    radius
        Standard deviation of the Gaussian blur, in pixels of the model's input.
    light
        Factor of the exposure.
    enlarged
        How many times larger the camera's picture was than the model's input; blur and encoding are at
        that size.
    """

    radius: float = 0
    light: float = 1
    enlarged: int = 1

    @property
    def name(self) -> str:
        """The corruption in a few words."""
        parts = [f"blur {self.radius:g} px"] if self.radius else []
        parts += [f"light × {self.light:.2g}"] if self.light != 1 else []
        parts += [f"at {self.enlarged} times the size"] if self.enlarged > 1 else []
        return ", ".join(parts) or "none"

    def apply(self, picture: NDArray[np.uint8]) -> Image.Image:
        """Return the corrupted picture of ``uint8[S, S, 3]``."""
        image = Image.fromarray(np.asarray(picture))
        if self.enlarged > 1:
            side = self.enlarged * image.width
            image = image.resize((side, side), Image.Resampling.LANCZOS)
        if self.radius:
            image = image.filter(ImageFilter.GaussianBlur(self.radius * self.enlarged))
        if self.light != 1:
            image = image.point(lambda value: round(value * self.light))
        return image


GOOD = Corruption()
BLURS = tuple(Corruption(radius=radius) for radius in (1, 2, 3, 4, 6, 8))
DARKS = tuple(Corruption(light=light) for light in (1 / 2, 1 / 3, 1 / 4, 1 / 6))

BLUR_ENCODINGS = ("PNG", "JPEG q60", "JPEG q75", "JPEG q75 twice", "WebP q75")

# The corruptions and encodings of the benchmark.
CASES: tuple[tuple[Corruption, str], ...] = (
    *((GOOD, encoding) for encoding in ("PNG", "JPEG q75 twice")),
    *((blur, encoding) for blur in BLURS for encoding in BLUR_ENCODINGS),
    *((dark, encoding) for dark in DARKS for encoding in ("PNG", "JPEG q75")),
)
