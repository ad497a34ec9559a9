"""Colours far from sRGB are converted to it; near ones keep their bytes."""

import struct
import subprocess
import sys
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from frond.colour import PRIMARIES, REFERENCE_WHITE
from frond.preprocessing import PreprocessingSpec, read_photo, read_with_preview
from frond.problems import UnreadablePhoto
from tests.support import icc_profiles as icc
from tests.support.png_files import with_chunks
from tests.support.sample_images import decoded, difference, encoded

RECIPE = PreprocessingSpec(size=64)


@pytest.fixture(scope="module")
def plant(seedling: bytes) -> Image.Image:
    return decoded(seedling)


@pytest.fixture(scope="module")
def plain(plant: Image.Image) -> NDArray[np.uint8]:
    return pixels(encoded(plant, "PNG"))


def pixels(data: bytes) -> NDArray[np.uint8]:
    return read_photo(data, RECIPE).pixels


def to_linear(image: Image.Image) -> NDArray[np.float64]:
    coded = np.asarray(image) / 255
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def coded(values: NDArray[np.float64]) -> Image.Image:
    return Image.fromarray(np.rint(255 * np.clip(values, 0, 1)).astype(np.uint8))


def pq(plant: Image.Image) -> Image.Image:
    """Return the plant in BT.2020 primaries and PQ."""
    to_bt2020 = np.array(
        [[0.627404, 0.329283, 0.043313], [0.069097, 0.919540, 0.011362], [0.016391, 0.088013, 0.895595]]
    )
    light = (to_linear(plant) @ to_bt2020.T * REFERENCE_WHITE / 10_000) ** 0.1593017578125
    return coded(((0.8359375 + 18.8515625 * light) / (1 + 18.6875 * light)) ** 78.84375)


@pytest.mark.parametrize("gamma", [2.0, 2.2, 2.4])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_near_profile_keeps_the_bytes(plant: Image.Image, kind: str, gamma: float) -> None:
    bare = encoded(plant, kind)
    tagged = encoded(plant, kind, icc_profile=icc.rgb_profile(icc.SRGB, gamma))
    assert (pixels(tagged) == pixels(bare)).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_exchanged_channels_are_put_right(plant: Image.Image, plain: NDArray[np.uint8], kind: str) -> None:
    red, green, blue = plant.split()
    stored = Image.merge("RGB", (green, red, blue))
    data = encoded(stored, kind, quality=95, icc_profile=icc.rgb_profile(icc.SRGB, 2.2, (1, 0, 2)))
    assert difference(pixels(data), plain) <= 4


@pytest.mark.parametrize(
    ("primaries", "gamma", "apart"),
    [(icc.DISPLAY_P3, 2.2, 2), (icc.ADOBE_RGB, 2.2, 2), (icc.WIDE_GAMUT, 2.2, 5), (icc.PROPHOTO, 1.8, 5)],
    ids=["P3", "Adobe", "Wide Gamut", "ProPhoto"],
)
def test_a_wide_profile_is_converted(
    plant: Image.Image, plain: NDArray[np.uint8], primaries: tuple[float, ...], gamma: float, apart: float
) -> None:
    stored = icc.converted(plant, icc.rgb_profile(primaries, gamma))
    assert difference(pixels(encoded(stored, "PNG")), plain) > apart
    tagged = encoded(stored, "PNG", icc_profile=icc.rgb_profile(primaries, gamma))
    assert difference(pixels(tagged), plain) <= 2


def test_alpha_is_applied_to_converted_colours(plant: Image.Image, plain: NDArray[np.uint8]) -> None:
    red, green, blue = plant.split()
    mask = Image.new("L", plant.size, 255)
    mask.paste(0, (0, 0, 112, 224))
    stored = Image.merge("RGBA", (green, red, blue, mask))
    found = pixels(encoded(stored, "PNG", icc_profile=icc.rgb_profile(icc.SRGB, 2.2, (1, 0, 2))))
    assert found[:, :31].min() >= 250
    assert difference(found[:, 33:], plain[:, 33:]) <= 3


def test_inks_are_converted_by_their_profile() -> None:
    black = Image.new("CMYK", (80, 80), (255, 255, 255, 255))
    assert pixels(encoded(black, "JPEG")).max() <= 2
    assert pixels(encoded(black, "JPEG", icc_profile=icc.cmyk_profile(50))).mean() == pytest.approx(
        119, abs=4
    )


def test_grey_has_a_curve(plant: Image.Image) -> None:
    grey = Image.new("L", (80, 80), 128)
    assert (pixels(encoded(grey, "JPEG", icc_profile=icc.grey_profile(2.2))) == 128).all()
    assert pixels(encoded(grey, "JPEG", icc_profile=icc.grey_profile(1.0))).mean() == pytest.approx(
        188, abs=1
    )


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        b"\0" * 200,
        icc.rgb_profile(icc.PROPHOTO, 1.8)[:200],
        icc.rgb_profile(icc.PROPHOTO, 1.8)[:-60],
        icc.cmyk_profile(50),
        icc.grey_profile(1.0),
        icc.rgb_profile(icc.PROPHOTO, 1.8).replace(b"RGB ", b"GBR ", 1),
        icc.rgb_profile(icc.PROPHOTO, 1.8) + bytes(4_000_000),
    ],
    ids=["text", "zeros", "header", "cut", "of inks", "of grey", "unknown space", "too large"],
)
def test_a_broken_profile_is_ignored(plant: Image.Image, profile: bytes) -> None:
    data = encoded(plant, "JPEG", quality=95)
    assert (pixels(encoded(plant, "JPEG", quality=95, icc_profile=profile)) == pixels(data)).all()


def test_a_profile_that_fails_in_the_conversion_is_a_damaged_photo(
    plant: Image.Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = ImageCms.applyTransform

    def failing(image: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image | None:
        if image.width == image.height:  # the photo, not the grid of colours
            raise ImageCms.PyCMSError("cannot transform")
        return apply(image, transform)

    monkeypatch.setattr(ImageCms, "applyTransform", failing)
    data = encoded(plant, "JPEG", icc_profile=icc.rgb_profile(icc.PROPHOTO, 1.9))
    for read in (read_photo, partial(read_with_preview, side=224)):
        with pytest.raises(UnreadablePhoto) as raised:
            read(data, RECIPE)
        assert raised.value.status == 422


def test_any_damage_of_a_profile_is_ignored_or_a_damaged_photo(plant: Image.Image) -> None:
    random = np.random.default_rng(7)
    profile = icc.rgb_profile(icc.PROPHOTO, 1.8)
    small = plant.resize((16, 16))
    for _ in range(100):
        damaged = np.frombuffer(profile, np.uint8).copy()
        damaged[random.integers(0, len(damaged), 8)] = random.integers(0, 256, 8)
        try:
            read_photo(encoded(small, "JPEG", icc_profile=damaged.tobytes()), RECIPE)
        except UnreadablePhoto:
            continue


def test_the_preview_has_the_photo_s_colours(plant: Image.Image) -> None:
    red, green, blue = plant.split()
    stored = Image.merge("RGB", (green, red, blue))
    data = encoded(stored, "PNG", icc_profile=icc.rgb_profile(icc.SRGB, 2.2, (1, 0, 2)))
    _, preview = read_with_preview(data, RECIPE, 224)
    assert difference(preview, np.asarray(plant)) <= 3


class TestPng:
    @pytest.mark.parametrize("gamma", [0.42, 0.45455, 0.5])
    def test_a_near_gamma_keeps_the_bytes(
        self, plant: Image.Image, plain: NDArray[np.uint8], gamma: float
    ) -> None:
        data = with_chunks(encoded(plant, "PNG"), (b"gAMA", struct.pack(">I", round(gamma * 100_000))))
        assert (pixels(data) == plain).all()

    def test_linear_light_is_converted(self, plant: Image.Image, plain: NDArray[np.uint8]) -> None:
        stored = encoded(coded(to_linear(plant)), "PNG")
        assert difference(pixels(stored), plain) > 20
        assert difference(pixels(with_chunks(stored, (b"gAMA", struct.pack(">I", 100_000)))), plain) <= 4

    def test_chromaticities_are_converted(self, plant: Image.Image, plain: NDArray[np.uint8]) -> None:
        stored = encoded(icc.converted(plant, icc.rgb_profile(icc.PROPHOTO, 2.2)), "PNG")
        white, colours = icc.PROPHOTO[6:], icc.PROPHOTO[:6]
        chromaticities = struct.pack(">8I", *(round(value * 100_000) for value in (*white, *colours)))
        gamma = struct.pack(">I", 45_455)
        assert (
            difference(pixels(with_chunks(stored, (b"gAMA", gamma), (b"cHRM", chromaticities))), plain) <= 2
        )

    def test_code_points_are_converted(self, plant: Image.Image, plain: NDArray[np.uint8]) -> None:
        stored = encoded(pq(plant), "PNG")
        assert difference(pixels(stored), plain) > 10
        assert difference(pixels(with_chunks(stored, (b"cICP", bytes([9, 16, 0, 1])))), plain) <= 3

    def test_the_first_of_three_declarations_counts(
        self, plant: Image.Image, plain: NDArray[np.uint8]
    ) -> None:
        linear = (b"gAMA", struct.pack(">I", 100_000))
        swapped = encoded(plant, "PNG", icc_profile=icc.rgb_profile(icc.SRGB, 2.2, (1, 0, 2)))
        srgb = encoded(plant, "PNG", icc_profile=icc.rgb_profile(icc.SRGB, 2.2))
        assert (pixels(with_chunks(swapped, (b"cICP", bytes([1, 13, 0, 1])), linear)) == plain).all()
        assert (pixels(with_chunks(srgb, linear)) == plain).all()
        assert (pixels(with_chunks(encoded(plant, "PNG"), (b"sRGB", b"\0"), linear)) == plain).all()

    @pytest.mark.parametrize(
        "chunk",
        [
            (b"gAMA", bytes(4)),
            (b"gAMA", b"\xff" * 4),
            (b"cHRM", bytes(32)),
            (b"cHRM", struct.pack(">8I", *[30_000] * 8)),
            (b"cICP", bytes([2, 2, 0, 1])),
            (b"cICP", bytes([255, 255, 255, 255])),
            (b"cICP", b"\x09"),
        ],
        ids=["zero", "huge", "no colours", "one colour", "unspecified", "unknown", "short"],
    )
    def test_a_broken_declaration_is_ignored(
        self, plant: Image.Image, plain: NDArray[np.uint8], chunk: tuple[bytes, bytes]
    ) -> None:
        assert (pixels(with_chunks(encoded(plant, "PNG"), chunk)) == plain).all()


@pytest.mark.parametrize("transfer", [1, 6, 13, 14, 15])
def test_the_code_points_of_srgb_and_video_keep_the_bytes(
    plant: Image.Image, plain: NDArray[np.uint8], transfer: int
) -> None:
    data = with_chunks(encoded(plant, "PNG"), (b"cICP", bytes([1, transfer, 0, 1])))
    assert (pixels(data) == plain).all()


@pytest.mark.parametrize("transfer", [4, 5, 8, 13, 16, 17, 18])
@pytest.mark.parametrize("primaries", PRIMARIES)
def test_grey_stays_grey_by_all_code_points(transfer: int, primaries: int) -> None:
    grey = encoded(Image.new("RGB", (80, 80), (120, 120, 120)), "PNG")
    found = pixels(with_chunks(grey, (b"cICP", bytes([primaries, transfer, 0, 1]))))[0, 0].astype(int)
    assert found.max() - found.min() <= 1


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_the_code_points_of_heif_are_converted(
    plant: Image.Image, plain: NDArray[np.uint8], kind: str
) -> None:
    file = encoded(pq(plant), kind, quality=95, **nclx(kind))
    data = file.replace(b"colrnclx" + struct.pack(">HH", 1, 13), b"colrnclx" + struct.pack(">HH", 9, 16))
    assert data.count(b"colrnclx" + struct.pack(">HH", 9, 16))
    assert difference(pixels(data), plain) <= 6


def nclx(kind: str) -> dict[str, Any]:
    """Return the options that make a writer declare sRGB's code points."""
    if kind == "AVIF":
        return {}
    return {"save_nclx_profile": True, "color_primaries": 1, "transfer_characteristics": 13}


def test_a_photo_without_a_profile_does_not_load_littlecms(seedling: bytes) -> None:
    script = (
        "import sys; from frond.preprocessing import *; "
        "read_photo(sys.stdin.buffer.read(), PreprocessingSpec(size=64)); "
        "print('PIL.ImageCms' in sys.modules or 'PIL._imagingcms' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], input=seedling, capture_output=True, check=True)
    assert done.stdout.strip() == b"False"
