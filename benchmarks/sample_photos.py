"""Photos to classify: a phone's JPEG, a PNG, and a photo at the model's input size."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.paths import PHOTOS, ROOT, cached

SMALL = ROOT / "events" / "photos" / "zea-mays.jpg"
PHONE, PNG, READY = "12 MP JPEG", "3 MP PNG", "224 px JPEG"
ROTATED_90_DEGREES = 6  # EXIF orientation


@dataclass(frozen=True, slots=True)
class SamplePhoto:
    """A photo and its name in tables."""

    name: str
    path: Path


def photos() -> list[SamplePhoto]:
    """Return the photos, created once; on every machine alike except for the codecs."""
    return [
        SamplePhoto(PHONE, cached(PHOTOS / "phone.jpg", _phone)),
        SamplePhoto(PNG, cached(PHOTOS / "picture.png", _png)),
        SamplePhoto(READY, SMALL),
    ]


def _phone(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = ROTATED_90_DEGREES
    _grainy((4000, 3000), grain=6).save(path, "JPEG", quality=90, exif=exif)


def _png(path: Path) -> None:
    _grainy((2000, 1500), grain=2).save(path, "PNG")


def _grainy(size: tuple[int, int], grain: float) -> Image.Image:
    """Return a photo enlarged to a size, with noise of ``grain`` levels (one sigma) like a camera's."""
    picture = Image.open(io.BytesIO(SMALL.read_bytes())).resize(size, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(7).normal(0, grain, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))
