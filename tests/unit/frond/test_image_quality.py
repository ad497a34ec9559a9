"""Image quality issues are reported for degraded photos, and for no good ones."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter

from frond.image_quality import QualityBounds, blur_effect, greenness, halve, issues, sharpness
from frond.preprocessing import Photo, PreprocessingSpec, read_photo

PHOTOS = sorted((Path(__file__).parents[3] / "events" / "photos").glob("*.jpg"))
RECIPE = PreprocessingSpec(size=224)


@pytest.fixture(scope="module")
def seedling() -> Image.Image:
    return Image.open(PHOTOS[0].parent / "sinapis-arvensis.jpg").convert("RGB")


def seen(image: Image.Image, width: int = 4032, height: int = 3024) -> Photo:
    return Photo(np.asarray(image, np.uint8), width, height, "JPEG")


@pytest.mark.parametrize("path", PHOTOS, ids=lambda path: path.stem)
def test_good_photos_have_no_issues(path: Path) -> None:
    assert issues(read_photo(path.read_bytes(), RECIPE)) == []


def test_a_photo_with_few_pixels_is_too_small(seedling: Image.Image) -> None:
    assert issues(seen(seedling, 1000, 74)) == ["too_small"]
    assert issues(seen(seedling, 75, 75)) == []


def test_a_photo_out_of_focus_is_blurred(seedling: Image.Image) -> None:
    assert issues(seen(seedling.filter(ImageFilter.GaussianBlur(4)))) == ["blurred"]


@pytest.mark.parametrize("radius", [4, 6, 8])
@pytest.mark.parametrize("encoding", [("PNG",), ("JPEG", 60), ("JPEG", 75), ("JPEG", 95), ("WEBP", 75)])
def test_compression_does_not_hide_blur(
    seedling: Image.Image, encoding: tuple[str, int] | tuple[str], radius: int
) -> None:
    kind, *quality = encoding
    file = io.BytesIO()
    blurred = seedling.filter(ImageFilter.GaussianBlur(radius))
    blurred.save(file, kind, **({"quality": quality[0]} if quality else {}))
    assert issues(read_photo(file.getvalue(), RECIPE)) == ["blurred"]


@pytest.mark.parametrize("quality", [60, 95])
def test_compression_does_not_blur(seedling: Image.Image, quality: int) -> None:
    file = io.BytesIO()
    seedling.save(file, "JPEG", quality=quality)
    assert issues(read_photo(file.getvalue(), RECIPE)) == []


def test_a_model_may_have_bounds_of_its_own(seedling: Image.Image) -> None:
    soft = seen(seedling.filter(ImageFilter.GaussianBlur(4)))
    lenient = QualityBounds(min_sharpness=0, soft_sharpness=0, min_brightness=0)
    assert (issues(soft), issues(soft, lenient)) == (["blurred"], [])


def test_a_photo_taken_at_night_is_too_dark_and_nothing_else(seedling: Image.Image) -> None:
    assert issues(seen(seedling.point(lambda value: value * 0.2))) == ["too_dark"]


def test_a_plant_on_black_cloth_is_not_too_dark(seedling: Image.Image) -> None:
    cloth = Image.new("RGB", (224, 224))
    cloth.paste(seedling.resize((90, 90)), (67, 67))
    assert "too_dark" not in issues(seen(cloth))


def test_a_photo_against_the_sun_is_too_bright(seedling: Image.Image) -> None:
    assert "too_bright" in issues(seen(seedling.point(lambda value: 120 + value)))


def test_a_plant_on_white_paper_is_not_too_bright(seedling: Image.Image) -> None:
    paper = Image.new("RGB", (224, 224), "white")
    paper.paste(seedling.resize((90, 90)), (67, 67))
    assert "too_bright" not in issues(seen(paper))


def test_a_photo_without_colour_has_no_green(seedling: Image.Image) -> None:
    assert issues(seen(seedling.convert("L").convert("RGB"))) == ["no_green"]


def test_blur_effect() -> None:
    stripes = np.tile(np.array([0, 255], np.float32), (10, 5))
    assert blur_effect(np.zeros((10, 10), np.float32)) == 1
    # One direction has no variation at all, as in motion blur.
    assert blur_effect(stripes) == 1
    checks = np.indices((20, 20)).sum(axis=0).astype(np.float32) % 2
    assert blur_effect(checks) == pytest.approx(0.2)
    assert (halve(checks) == 0.5).all()


def test_sharpness_and_greenness() -> None:
    stripes = np.tile(np.array([0, 255], np.float32), (10, 5))
    assert sharpness(np.zeros((10, 10), np.float32)) == 0
    assert sharpness(stripes) == pytest.approx(510)
    half = np.zeros((4, 4, 3), np.uint8)
    half[:2] = (40, 160, 30)
    assert greenness(half) == 0.5
