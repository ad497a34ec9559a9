"""EXIF orientation is applied; damaged tags are ignored."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps, PngImagePlugin

from frond.preprocessing import PreprocessingSpec, read_photo
from tests.support.sample_images import decoded, difference, encoded, exif

RECIPE = PreprocessingSpec(size=64)
# How the camera turned what it saw before it wrote the tag: the inverse of what the tag asks for.
TURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.fixture(scope="module")
def seen(seedling: bytes) -> Image.Image:
    """Return the upright scene, wider than high."""
    return decoded(seedling).crop((0, 0, 224, 120))


def tags(*entries: bytes) -> bytes:
    """Return big-endian EXIF with these twelve-byte entries."""
    return b"Exif\0\0MM\0*" + struct.pack(">IH", 8, len(entries)) + b"".join(entries) + bytes(4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "MPO"])
@pytest.mark.parametrize("orientation", TURNED)
def test_every_orientation_is_upright(seen: Image.Image, orientation: int, kind: str) -> None:
    turn = TURNED[orientation]
    stored = seen if turn is None else seen.transpose(turn)
    photo = read_photo(encoded(stored, kind, exif=exif(orientation)), RECIPE)
    assert (photo.width, photo.height) == seen.size
    upright = np.asarray(ImageOps.fit(seen, (64, 64), Image.Resampling.BILINEAR))
    assert difference(photo.pixels, upright) <= 4


@pytest.mark.parametrize("orientation", TURNED)
def test_the_orientations_of_another_writer_are_equal(odd_photos: Path, orientation: int) -> None:
    folder = odd_photos / "orientation"
    first = read_photo((folder / "Landscape_1.jpg").read_bytes(), RECIPE)
    turned = read_photo((folder / f"Landscape_{orientation}.jpg").read_bytes(), RECIPE)
    assert (turned.width, turned.height) == (1800, 1200)
    assert difference(turned.pixels, first.pixels) <= 8


@pytest.mark.parametrize(
    "damaged",
    [
        b"Exif\0\0these are no tags",
        b"Exif\0\0",
        b"Exif\0\0MM\0*",
        exif(6)[:14],
        exif(6)[:20],
        tags(struct.pack(">HHIHH", 0x0112, 3, 1, 0, 0)),
        tags(struct.pack(">HHIHH", 0x0112, 3, 1, 77, 0)),
        tags(struct.pack(">HHI4s", 0x0112, 2, 2, b"6")),
    ],
    ids=["garbage", "empty", "header only", "cut early", "cut late", "zero", "unknown", "text"],
)
# Pillow warns of damaged tags; so it may, but the photo must be read.
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damaged_tags_are_ignored(seen: Image.Image, damaged: bytes) -> None:
    photo = read_photo(encoded(seen, "JPEG", exif=damaged), RECIPE)
    assert (photo.width, photo.height) == seen.size
    assert (photo.pixels == read_photo(encoded(seen, "JPEG"), RECIPE).pixels).all()


def test_damage_after_the_orientation_does_not_hide_it(seen: Image.Image) -> None:
    sideways = struct.pack(">HHIHH", 0x0112, 3, 1, 6, 0)
    nowhere = struct.pack(">HHII", 0x8769, 4, 1, 99_999_999)
    photo = read_photo(encoded(seen, "JPEG", exif=tags(sideways, nowhere)), RECIPE)
    assert (photo.width, photo.height) == (120, 224)


XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/>'
    b"</rdf:RDF></x:xmpmeta>"
)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("tags", [{}, {"exif": exif()}], ids=["alone", "beside EXIF"])
def test_an_orientation_in_xmp_is_ignored(seen: Image.Image, kind: str, tags: dict[str, bytes]) -> None:
    # HEIF's writer would turn the item itself.
    upright = XMP.replace(b'"6"', b'"1"') if kind == "HEIF" else XMP
    options = {"pnginfo": png_text()} if kind == "PNG" else {"xmp": upright}
    data = encoded(seen, kind, **options, **tags).replace(upright, XMP)
    assert XMP in data
    photo = read_photo(data, RECIPE)
    assert (photo.width, photo.height) == seen.size


def png_text() -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    return text


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_xmp_does_not_turn_a_rotated_item_again(seen: Image.Image, kind: str) -> None:
    turned = seen.transpose(Image.Transpose.ROTATE_90)
    photo = read_photo(encoded(turned, kind, exif=exif(6), xmp=XMP), RECIPE)
    assert (photo.width, photo.height) == seen.size
