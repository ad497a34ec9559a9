"""Photos are shrunk before they are sent, and may be images or arrays."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from frond_client import Frond
from frond_client.photo_file import PhotoFile, read_photos
from frond_client.resizing import MAX_SIDE, SHRINK_ABOVE_BYTES, shrink
from tests.unit.client.fake_api import FakeApi


def noise(width: int, height: int, channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, channels)).astype(np.uint8)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


@pytest.fixture(scope="module")
def large() -> bytes:
    """A turned photo with a place."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = "N"
    return encoded(Image.fromarray(noise(1600, 800)), quality=95, exif=exif, icc_profile=b"a profile")


def test_a_large_photo_is_shrunk_turned_and_loses_its_metadata(large: bytes) -> None:
    small = decoded(shrink(large))
    assert (small.format, small.size) == ("JPEG", (MAX_SIDE // 2, MAX_SIDE))
    assert not small.getexif()
    assert small.info["icc_profile"] == b"a profile"


def test_a_transparent_photo_gets_a_white_background() -> None:
    clear = noise(700, 700, 4)
    clear[..., 3] = 0
    shrunk = shrink(encoded(Image.fromarray(clear), "PNG"))
    assert np.asarray(decoded(shrunk)).min() > 250


@pytest.mark.parametrize(
    "photo",
    [
        encoded(Image.fromarray(noise(64, 64))),
        b"\xff\xd8\xff" + bytes(SHRINK_ABOVE_BYTES),
        # A JPEG of a lower quality than the copy would have.
        encoded(Image.fromarray(noise(1280, 1280)), quality=40),
    ],
    ids=["small", "damaged", "compressed already"],
)
def test_other_photos_stay_as_they_are(photo: bytes) -> None:
    assert shrink(photo) is photo


def test_the_original_is_sent_on_request(client: Frond, service: FakeApi, large: bytes) -> None:
    client.classify(large)
    client.classify(large, original=True, send_place=True)
    shrunk, original = (request.body for request in service.requests)
    assert len(shrunk) < len(original)
    assert large in original


SOURCES: dict[str, Callable[[NDArray[np.uint8], Path], Any]] = {
    "a Pillow image": lambda pixels, _: Image.fromarray(pixels),
    "an array": lambda pixels, _: pixels,
    "a grey array": lambda pixels, _: pixels[..., 0],
    "a file object": lambda pixels, _: io.BytesIO(encoded(Image.fromarray(pixels), "PNG")),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_images_and_arrays_are_sent_without_loss(
    source: Callable[[NDArray[np.uint8], Path], Any], tmp_path: Path
) -> None:
    pixels = np.repeat(noise(20, 10, 1), 3, axis=2)
    (file,) = read_photos(source(pixels, tmp_path))
    assert file.content_type == "image/png"
    assert (np.asarray(decoded(file.data).convert("RGB")) == pixels).all()


def test_a_pillow_image_is_sent_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = decoded(encoded(Image.fromarray(noise(20, 10)), exif=exif))
    assert decoded(PhotoFile.read(image).data).size == (10, 20)


@pytest.mark.parametrize(
    "array", [np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_an_array_of_unknown_range_is_refused(array: NDArray[Any]) -> None:
    with pytest.raises(TypeError, match="An array is uint8"):
        PhotoFile.read(array)
