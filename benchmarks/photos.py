"""The photos that are named: what a phone makes, what a program sends, a screenshot of it."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.places import PHOTOS, ROOT, kept

SMALL = ROOT / "events" / "photos" / "zea-mays.jpg"
PHONE, PNG, READY = "12 MP JPEG", "3 MP PNG", "224 px JPEG"
UPRIGHT_AFTER_A_QUARTER_TURN = 6


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo and its name in tables."""

    name: str
    path: Path


def photos() -> list[Photo]:
    """Return the photos, made once: the same on every machine, but for what the codecs make of them."""
    return [
        Photo(PHONE, kept(PHOTOS / "phone.jpg", _phone)),
        Photo(PNG, kept(PHOTOS / "picture.png", _png)),
        Photo(READY, SMALL),
    ]


def _phone(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = UPRIGHT_AFTER_A_QUARTER_TURN
    _grainy((4000, 3000), grain=6).save(path, "JPEG", quality=90, exif=exif)


def _png(path: Path) -> None:
    _grainy((2000, 1500), grain=2).save(path, "PNG")


def _grainy(size: tuple[int, int], grain: float) -> Image.Image:
    """Return a seedling of so many pixels with the grain of a camera, ``grain`` levels strong (one sigma)."""
    picture = Image.open(io.BytesIO(SMALL.read_bytes())).resize(size, Image.Resampling.BICUBIC)
    noise = np.random.default_rng(7).normal(0, grain, (size[1], size[0], 3))
    return Image.fromarray(np.clip(np.asarray(picture) + noise, 0, 255).astype(np.uint8))
