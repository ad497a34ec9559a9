"""Every allowed format and colour mode decodes to the same RGB image."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from frond.preprocessing import PreprocessingSpec, read_photo
from frond.problems import UnsupportedFormat
from tests.support.sample_images import decoded, difference, encoded, png_16_bit

RECIPE = PreprocessingSpec(size=64)


@pytest.fixture(scope="module")
def plant(seedling: bytes) -> Image.Image:
    return decoded(seedling)


def expected(image: Image.Image) -> NDArray[np.uint8]:
    """Return the square crop, resized with Pillow."""
    return np.asarray(ImageOps.fit(image.convert("RGB"), (64, 64), Image.Resampling.BILINEAR))


def pixels(data: bytes) -> NDArray[np.uint8]:
    return read_photo(data, RECIPE).pixels


@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [
        ("JPEG", {"quality": 95}, 1.5),
        ("JPEG", {"quality": 95, "progressive": True}, 1.5),
        ("PNG", {}, 0),
        ("PNG", {"interlace": 1}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 90}, 2.5),
        ("HEIF", {"quality": 90}, 2.5),
        ("AVIF", {"quality": 90}, 2.5),
        ("GIF", {}, 4),
    ],
)
def test_an_allowed_format_is_read(
    plant: Image.Image, kind: str, options: dict[str, Any], tolerance: float
) -> None:
    landscape = plant.crop((0, 0, 224, 120))
    photo = read_photo(encoded(landscape, kind, **options), RECIPE)
    assert (photo.width, photo.height, photo.format) == (224, 120, kind)
    assert photo.pixels.shape == (64, 64, 3)
    assert photo.pixels.dtype == np.uint8
    assert difference(photo.pixels, expected(landscape)) <= tolerance


@pytest.mark.parametrize(
    ("kind", "loaded"),
    [
        ("JPEG", []),
        ("WEBP", ["PIL.WebPImagePlugin"]),
        ("AVIF", ["PIL.AvifImagePlugin", "pillow_heif"]),
        ("HEIF", ["PIL.AvifImagePlugin", "pillow_heif"]),
    ],
)
def test_the_larger_readers_are_loaded_for_their_files(
    plant: Image.Image, kind: str, loaded: list[str], tmp_path: Path
) -> None:
    """Run in a fresh process."""
    path = tmp_path / "photo"
    path.write_bytes(encoded(plant, kind))
    script = f"""
import json, sys
from frond.preprocessing import PreprocessingSpec, read_photo
readers = {{"PIL.WebPImagePlugin", "PIL.AvifImagePlugin", "pillow_heif"}}
before = readers & sys.modules.keys()
photo = read_photo(open({str(path)!r}, "rb").read(), PreprocessingSpec(size=64))
print(json.dumps([sorted(before), photo.format, sorted(readers & sys.modules.keys())]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [[], kind, loaded]


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "ICO", "PPM", "TGA", "JPEG2000", "PDF"])
def test_another_format_is_unsupported(plant: Image.Image, kind: str) -> None:
    with pytest.raises(UnsupportedFormat):
        pixels(encoded(plant, kind))


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P"])
def test_a_png_of_another_mode_is_converted(plant: Image.Image, mode: str) -> None:
    assert difference(pixels(encoded(plant.convert(mode), "PNG")), expected(plant.convert(mode))) <= 1


@pytest.mark.parametrize(("mode", "tolerance"), [("L", 1), ("CMYK", 2)])
def test_a_jpeg_of_another_mode_is_converted(plant: Image.Image, mode: str, tolerance: float) -> None:
    found = pixels(encoded(plant.convert(mode), "JPEG", quality=98))
    assert difference(found, expected(plant.convert(mode))) <= tolerance


def test_sixteen_bits_of_grey_keep_their_upper_byte(plant: Image.Image) -> None:
    grey = np.asarray(plant.convert("L")).astype(np.uint16)
    found = pixels(encoded(Image.fromarray(grey * 256 + 200), "PNG"))
    assert difference(found, expected(plant.convert("L"))) <= 1


def test_sixteen_bits_of_colour_keep_their_upper_byte(plant: Image.Image) -> None:
    found = pixels(png_16_bit(np.asarray(plant).astype(np.uint16) * 256 + 200))
    assert difference(found, expected(plant)) <= 1


class TestTransparency:
    """Transparency is composited over white."""

    @pytest.fixture
    def half(self, plant: Image.Image) -> Image.Image:
        """Return the plant with a transparent left half over black."""
        mask = Image.new("L", plant.size, 255)
        mask.paste(0, (0, 0, 112, 224))
        cut = Image.composite(plant, Image.new("RGB", plant.size), mask)
        cut.putalpha(mask)
        return cut

    @pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
    def test_alpha(self, half: Image.Image, plant: Image.Image, kind: str) -> None:
        found = pixels(encoded(half, kind, **({"lossless": True} if kind == "WEBP" else {"quality": 95})))
        assert found[:, :31].min() >= 250
        assert difference(found[:, 33:], expected(plant)[:, 33:]) <= 4

    def test_half_alpha_is_half_white(self) -> None:
        glass = Image.new("RGBA", (80, 80), (100, 0, 200, 128))
        assert pixels(encoded(glass, "PNG"))[32, 32].tolist() == pytest.approx([177, 127, 227], abs=1)

    def test_grey_with_alpha(self, half: Image.Image, plant: Image.Image) -> None:
        found = pixels(encoded(half.convert("LA"), "PNG"))
        assert found[:, :31].min() >= 250
        assert difference(found[:, 33:], expected(plant.convert("L"))[:, 33:]) <= 2

    @pytest.mark.parametrize("kind", ["PNG", "GIF"])
    def test_a_palette_with_a_transparent_colour(self, kind: str) -> None:
        flag = Image.new("P", (80, 80), 1)
        flag.putpalette([0, 0, 0, 0, 200, 0])
        flag.paste(0, (0, 0, 40, 80))
        found = pixels(encoded(flag, kind, transparency=0))
        assert found[:, :31].min() == 255
        assert (found[:, 33:] == (0, 200, 0)).all()

    def test_a_palette_with_an_alpha_for_each_colour(self) -> None:
        flag = Image.new("P", (80, 80), 1)
        flag.putpalette([0, 0, 0, 0, 200, 0])
        found = pixels(encoded(flag, "PNG", transparency=bytes([255, 0])))
        assert (found == 255).all()

    @pytest.mark.parametrize(("mode", "colour"), [("RGB", (0, 200, 0)), ("L", 90)])
    def test_a_colour_named_transparent(self, mode: str, colour: Any) -> None:
        found = pixels(encoded(Image.new(mode, (80, 80), colour), "PNG", transparency=colour))
        assert (found == 255).all()


class TestMultipleFrames:
    """The first frame of a file is the photo."""

    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF", "HEIF"])
    def test_an_animation(self, kind: str) -> None:
        first, second = Image.new("RGB", (80, 60), (0, 200, 0)), Image.new("RGB", (80, 60), (200, 0, 0))
        found = read_photo(encoded(first, kind, save_all=True, append_images=[second, second]), RECIPE)
        assert (found.width, found.height) == (80, 60)
        assert difference(found.pixels, expected(first)) <= 3

    def test_a_phone_s_mpo_is_a_jpeg(self, plant: Image.Image) -> None:
        data = encoded(plant, "MPO", save_all=True, append_images=[plant.rotate(180)], quality=95)
        photo = read_photo(data, RECIPE)
        assert photo.format == "JPEG"
        assert difference(photo.pixels, expected(plant)) <= 1.5


class TestOddShapes:
    def test_one_pixel(self) -> None:
        photo = read_photo(encoded(Image.new("RGB", (1, 1), (9, 99, 199)), "PNG"), RECIPE)
        assert (photo.pixels == (9, 99, 199)).all()

    @pytest.mark.parametrize("thickness", [1, 3])
    @pytest.mark.parametrize("standing", [False, True])
    @pytest.mark.parametrize("kind", ["PNG", "JPEG"])
    def test_a_strip_is_cropped_to_its_middle(self, kind: str, standing: bool, thickness: int) -> None:
        strip = Image.new("RGB", (60_000, thickness), (200, 0, 0))
        strip.paste((0, 200, 0), (20_000, 0, 40_000, thickness))
        if standing:
            strip = strip.transpose(Image.Transpose.ROTATE_90)
        photo = read_photo(encoded(strip, kind), RECIPE)
        assert (photo.width, photo.height) == strip.size
        assert photo.pixels.reshape(-1, 3).mean(axis=0).tolist() == pytest.approx([0, 200, 0], abs=2)

    def test_the_crop_is_centred(self, plant: Image.Image) -> None:
        framed = Image.new("RGB", (424, 224), "red")
        framed.paste(plant, (100, 0))
        # The outermost pixels may take a little of what lies beside them.
        assert (pixels(encoded(framed, "PNG"))[:, 1:-1] == expected(plant)[:, 1:-1]).all()


SHARED_FORMATS = {
    "animated.gif": ("GIF", 245, 245),
    "cmyk.jpg": ("JPEG", 100, 100),
    "flower.webp": ("WEBP", 480, 360),
    "frozenpond.mpo": ("JPEG", 640, 480),
    "gray_concert.jpg": ("JPEG", 400, 267),
    "rgb16.png": ("PNG", 128, 128),
    "rotated.avif": ("AVIF", 640, 427),
    "transparent_rgba.png": ("PNG", 200, 150),
}


@pytest.mark.parametrize("name", SHARED_FORMATS)
def test_files_of_other_writers_are_read(odd_photos: Path, name: str) -> None:
    data = (odd_photos / "formats" / name).read_bytes()
    photo = read_photo(data, RECIPE)
    assert (photo.format, photo.width, photo.height) == SHARED_FORMATS[name]
    assert photo.pixels.std() > 5


def test_a_tiff_of_another_writer_is_not(odd_photos: Path) -> None:
    with pytest.raises(UnsupportedFormat):
        pixels((odd_photos / "formats" / "rgb16_tiff.tiff").read_bytes())


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("iphone11promax_flower_8mp.heic", (2566, 3313)),
        ("iphone6_flowers_8mp.jpg", (3264, 2448)),
        ("iphone7_houseplant_exif6.jpg", (600, 500)),
        ("oneplus_plant_12mp.jpg", (4000, 3000)),
    ],
)
def test_photos_of_phones_are_read(odd_photos: Path, name: str, shape: tuple[int, int]) -> None:
    photo = read_photo((odd_photos / "phone" / name).read_bytes(), RECIPE)
    assert (photo.width, photo.height) == shape
