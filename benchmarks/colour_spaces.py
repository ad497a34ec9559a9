"""Measure verdicts on photos that are stored in other colour spaces, with and without conversion to sRGB.

``python -m benchmarks.colour_spaces PHOTOS CMYK_PHOTO``: a folder with one folder of photos a species, and a
JPEG with the CMYK profile to use; columns may follow. It prints the table of docs/experiments/colour.md.
"""

import io
import struct
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeAlias
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from frond import colour
from frond.classifier import Classifier
from frond.preprocessing import read_photo
from tests.support.icc_profiles import ADOBE_RGB, DISPLAY_P3, PROPHOTO, WIDE_GAMUT, rgb_profile
from tests.support.png_files import with_chunks
from tests.support.sample_images import encoded

MODEL = Path(__file__).parents[1] / "functions" / "classify" / "model"
PHOTOS = 20  # of each species
SEED = 240
COLUMNS = ("ignored", "Frond", "compensated")
# Photoshop's default, which maps black to the darkest ink; without it darker colours are cut off.
COMPENSATED = ImageCms.Flags.BLACKPOINTCOMPENSATION
TO_BT2020 = np.array(
    [[0.627404, 0.329283, 0.043313], [0.069097, 0.919540, 0.011362], [0.016391, 0.088013, 0.895595]]
)

# Encodes an sRGB image in a space, with or without its declaration.
Encoder: TypeAlias = Callable[[Image.Image, bool], bytes]


def encoders(cmyk_profile: bytes) -> dict[str, Encoder]:
    """Return the encoder of each row of the table."""
    rows: dict[str, Encoder] = {}
    rows["Display P3"] = with_profile(rgb_profile(DISPLAY_P3, 2.2), "RGB")
    rows["Adobe RGB"] = with_profile(rgb_profile(ADOBE_RGB, 2.2), "RGB")
    rows["Wide Gamut RGB"] = with_profile(rgb_profile(WIDE_GAMUT, 2.2), "RGB")
    rows["ProPhoto RGB"] = with_profile(rgb_profile(PROPHOTO, 1.8), "RGB")
    rows["CMYK"] = with_profile(cmyk_profile, "CMYK", COMPENSATED)
    rows["CMYK, blacks cut off"] = with_profile(cmyk_profile, "CMYK")
    rows["PQ, BT.2020 (cICP)"] = with_chunk(to_pq, b"cICP", bytes([9, 16, 0, 1]))
    rows["linear (gAMA 1.0)"] = with_chunk(to_linear, b"gAMA", struct.pack(">I", 100_000))
    return rows


def with_profile(profile: bytes, mode: str, flags: ImageCms.Flags = ImageCms.Flags.NONE) -> Encoder:
    """Return an encoder by LittleCMS."""
    srgb, other = ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile))
    intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
    transform = ImageCms.buildTransform(srgb, other, "RGB", mode, intent, flags=flags)

    def encode(image: Image.Image, declare: bool) -> bytes:
        stored = ImageCms.applyTransform(image, transform)
        assert stored is not None
        stored.info.pop("icc_profile", None)
        options = {"icc_profile": profile} if declare else {}
        if mode == "CMYK":
            return encoded(stored, "JPEG", quality=95, **options)
        return encoded(stored, "PNG", **options)

    return encode


def with_chunk(to_space: Callable[[Image.Image], Image.Image], name: bytes, body: bytes) -> Encoder:
    """Return an encoder by a formula, declared by a chunk of PNG."""

    def encode(image: Image.Image, declare: bool) -> bytes:
        png = encoded(to_space(image), "PNG")
        return with_chunks(png, (name, body)) if declare else png

    return encode


def linear_light(image: Image.Image) -> NDArray[np.float64]:
    coded = np.asarray(image) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def to_linear(image: Image.Image) -> Image.Image:
    return Image.fromarray(np.rint(255 * linear_light(image)).astype(np.uint8))


def to_pq(image: Image.Image) -> Image.Image:
    """Return the image in BT.2020 and PQ, white at 203 cd/m²."""
    light = (linear_light(image) @ TO_BT2020.T * 203 / 10_000).clip(0) ** 0.1593017578125
    coded = ((0.8359375 + 18.8515625 * light) / (1 + 18.6875 * light)) ** 78.84375
    return Image.fromarray(np.rint(255 * coded).astype(np.uint8))


def sample(classifier: Classifier, folder: Path) -> list[tuple[Image.Image, str]]:
    """Draw photos, the same each time, that the model identifies as they are, with their species."""
    draw = np.random.default_rng(SEED)
    return [
        photo
        for species in sorted(each for each in folder.iterdir() if each.is_dir())
        for photo in islice(_identified(classifier, draw.permutation(sorted(species.iterdir()))), PHOTOS)
    ]


def _identified(classifier: Classifier, paths: Iterable[Path]) -> Iterator[tuple[Image.Image, str]]:
    for path in paths:
        name = key(path.parent.name)
        if outcome(classifier, path.read_bytes(), name) == "identified":
            yield Image.open(path).convert("RGB"), name


def key(name: str) -> str:
    return name.casefold().replace("'", "")


def outcome(classifier: Classifier, file: bytes, name: str) -> str:
    """Return the verdict, or ``another`` if another species is identified."""
    output = classifier.classify(read_photo(file, classifier.manifest.input).pixels)
    right = key(output.candidates[0].species.common_names["en"]) == name
    return "another" if output.verdict == "identified" and not right else output.verdict


def cell(classifier: Classifier, photos: list[tuple[Image.Image, str]], encode: Encoder, column: str) -> str:
    """Return the share that is identified, and how many as another species."""
    with CHANGES.get(column, nullcontext)():
        outcomes = [outcome(classifier, encode(image, column != "ignored"), name) for image, name in photos]
    return f"{outcomes.count('identified') / len(outcomes):.3f}, {outcomes.count('another')}"


@contextmanager
def compensated() -> Iterator[None]:
    """Convert by profiles with black point compensation."""
    colour._by_profile.cache_clear()
    with patch.object(ImageCms, "buildTransform", partial(ImageCms.buildTransform, flags=COMPENSATED)):
        yield
    colour._by_profile.cache_clear()


CHANGES = {"compensated": compensated}


def table(photos: Path, cmyk_photo: Path, columns: list[str]) -> Iterator[str]:
    """Yield the rows; a cell that cannot differ from Frond's is not measured."""
    classifier = Classifier.load(MODEL, threads=1)
    drawn = sample(classifier, photos)
    yield f"| space ({len(drawn)} photos) | {' | '.join(columns)} |"
    yield "|---|" + "---:|" * len(columns)
    for space, encode in encoders(Image.open(cmyk_photo).info["icc_profile"]).items():
        cells = [
            cell(classifier, drawn, encode, each) if differs(space, each) else "as Frond" for each in columns
        ]
        yield f"| {space} | {' | '.join(cells)} |"


def differs(space: str, column: str) -> bool:
    """Return whether a column may differ from Frond's for a space."""
    return column != "compensated" or space.startswith("CMYK")


if __name__ == "__main__":
    for line in table(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or list(COLUMNS)):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
