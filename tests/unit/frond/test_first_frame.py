"""Transparency, an animation's canvas and a clean aperture are applied as browsers do."""

import struct

import numpy as np
import pytest
from PIL import Image

from frond.preprocessing import PreprocessingSpec, read_photo, read_with_preview
from tests.support.png_files import png
from tests.support.sample_images import encoded, exif

RECIPE = PreprocessingSpec(size=64)
GREEN = (0, 200, 0)


def halves(data: bytes) -> tuple[list[int], list[int]]:
    """Return the colours in the middle of the left and the right half."""
    pixels = read_photo(data, RECIPE).pixels
    return pixels[32, 16].tolist(), pixels[32, 48].tolist()


class TestTransparentColourOfPng:
    """``tRNS`` names a colour in the bits of the file."""

    @pytest.mark.parametrize("bits", [1, 2, 4])
    def test_few_bits_of_grey(self, bits: int) -> None:
        left, right = 1, 0
        samples = np.array([left] * 32 + [right] * 32)
        row = np.packbits(
            ((samples[:, None] >> np.arange(bits)[::-1]) & 1).astype(np.uint8).ravel()
        ).tobytes()
        data = png((64, 64), bits, 0, (b"\0" + row) * 64, (b"tRNS", struct.pack(">H", left)))
        assert halves(data) == ([255] * 3, [0] * 3)

    def test_16_bits_of_grey(self) -> None:
        row = struct.pack(">H", 30_000) * 32 + struct.pack(">H", 30_001) * 32
        data = png((64, 64), 16, 0, (b"\0" + row) * 64, (b"tRNS", struct.pack(">H", 30_000)))
        assert halves(data) == ([255] * 3, [117] * 3)

    def test_16_bits_of_colour(self) -> None:
        colour = (30_000, 20_000, 10_000)
        row = struct.pack(">3H", *colour) * 32 + struct.pack(">3H", 30_000, 20_000, 10_001) * 32
        data = png((64, 64), 16, 2, (b"\0" + row) * 64, (b"tRNS", struct.pack(">3H", *colour)))
        assert halves(data) == ([255] * 3, [117, 78, 39])

    def test_upper_bits_beyond_the_file_s_are_ignored(self) -> None:
        row = bytes([90] * 32 + [91] * 32)
        data = png((64, 64), 8, 0, (b"\0" + row) * 64, (b"tRNS", struct.pack(">H", 0x0100 + 90)))
        assert halves(data) == ([255] * 3, [91] * 3)


class TestFrameSmallerThanCanvas:
    """Outside its first frame a canvas is transparent."""

    @pytest.mark.parametrize("animated", [False, True])
    @pytest.mark.parametrize("transparency", [None, 5])
    def test_gif(self, animated: bool, transparency: int | None) -> None:
        frame = Image.new("P", (40, 80), 1)
        frame.putpalette([0, 0, 0, *GREEN])
        options = {} if transparency is None else {"transparency": transparency}
        more = {"save_all": True, "append_images": [Image.new("P", (40, 80), 0)]} if animated else {}
        gif = bytearray(encoded(frame, "GIF", **options, **more))
        gif[6:10] = struct.pack("<HH", 80, 80)
        start = gif.index(b"\x2c" + bytes(4) + struct.pack("<HH", 40, 80))
        gif[start + 1 : start + 5] = struct.pack("<HH", 40, 0)
        assert halves(bytes(gif)) == ([255] * 3, list(GREEN))

    @pytest.mark.parametrize("mode", ["RGB", "RGBA"])
    def test_webp(self, mode: str) -> None:
        first = Image.new(mode, (40, 80), GREEN)
        second = Image.new(mode, (40, 80), (200, 0, 0))
        webp = bytearray(encoded(first, "WEBP", save_all=True, append_images=[second], lossless=True))
        canvas = webp.index(b"VP8X") + 12
        webp[canvas : canvas + 3] = (79).to_bytes(3, "little")
        frame = webp.index(b"ANMF") + 8
        webp[frame : frame + 3] = (20).to_bytes(3, "little")
        photo = read_photo(bytes(webp), RECIPE)
        assert (photo.width, photo.height) == (80, 80)
        assert halves(bytes(webp)) == ([255] * 3, list(GREEN))


def essential(heif: bytes, name: bytes) -> bytes:
    """Mark a property as one without which the item must not be shown, as decoders require of a crop."""
    position, index = heif.index(b"ipco") + 4, 1
    while heif[position + 4 : position + 8] != name:
        position, index = position + int.from_bytes(heif[position : position + 4], "big"), index + 1
    # One byte for each property, behind the number of items, the item and the number of its properties.
    indices = heif.index(b"ipma") + 4 + 4 + 4 + 2 + 1
    place = heif.index(bytes([index]), indices)
    return heif[:place] + bytes([0x80 | index]) + heif[place + 1 :]


class TestCleanAperture:
    """An AVIF's ``clap`` crops the picture before it is turned."""

    def avif(self, aperture: tuple[int, ...], orientation: int = 1) -> bytes:
        """Return a red picture of 120 × 80 with a green middle of 40 × 60."""
        picture = Image.new("RGB", (120, 80), (200, 0, 0))
        picture.paste(GREEN, (40, 10, 80, 70))
        # The box of a profile of 28 bytes is as large as that of an aperture.
        place_holder = b"p" * 28
        file = encoded(picture, "AVIF", quality=95, icc_profile=place_holder, exif=exif(orientation))
        box = struct.pack(">4s8i", b"clap", *aperture)
        assert file.count(b"colrprof" + place_holder) == 1
        return essential(file, b"colr").replace(b"colrprof" + place_holder, box)

    @pytest.mark.parametrize(("orientation", "shape"), [(1, (40, 60)), (6, (60, 40))])
    def test_it_is_cropped(self, orientation: int, shape: tuple[int, int]) -> None:
        data = self.avif((40, 1, 60, 1, 0, 1, 0, 1), orientation)
        photo, preview = read_with_preview(data, RECIPE, 512)
        assert (photo.width, photo.height) == shape
        assert preview.shape == (*shape[::-1], 3)
        assert np.abs(photo.pixels[4:-4, 4:-4].astype(int) - GREEN).max() <= 12

    def test_it_may_lie_aside(self) -> None:
        data = self.avif((40, 1, 80, 1, -80, 2, 0, 1))
        photo = read_photo(data, RECIPE)
        assert (photo.width, photo.height) == (40, 80)
        assert np.abs(photo.pixels[:, :-4].astype(int) - (200, 0, 0)).max() <= 12

    @pytest.mark.parametrize(
        "aperture",
        [
            (40, 0, 60, 1, 0, 1, 0, 1),
            (0, 1, 60, 1, 0, 1, 0, 1),
            (400, 1, 60, 1, 0, 1, 0, 1),
            (40, 1, 60, 1, 90, 1, 0, 1),
            (41, 2, 60, 1, 0, 1, 0, 1),
        ],
        ids=["divided by zero", "empty", "wider than the picture", "outside", "half a pixel"],
    )
    def test_a_broken_one_is_ignored(self, aperture: tuple[int, ...]) -> None:
        photo = read_photo(self.avif(aperture), RECIPE)
        assert (photo.width, photo.height) == (120, 80)
