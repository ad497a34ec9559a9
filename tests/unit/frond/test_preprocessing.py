"""The model's input is deterministic, without metadata, and close to a full decode."""

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from frond.preprocessing import Photo, PreprocessingSpec, read_photo, read_with_preview
from tests.support.sample_images import decoded, difference, encoded, exif


@pytest.mark.parametrize("size", [16, 70, 160, 299])
def test_the_spec_sets_the_size(seedling: bytes, size: int) -> None:
    assert read_photo(seedling, PreprocessingSpec(size=size)).pixels.shape == (size, size, 3)


@pytest.mark.parametrize("size", [15, 1025, -1])
def test_an_invalid_size_is_rejected(size: int) -> None:
    with pytest.raises(ValueError, match="size"):
        PreprocessingSpec(size=size)


def test_it_is_deterministic(seedlings: Path) -> None:
    for path in sorted(seedlings.glob("*.jpg")):
        first, second = (read_photo(path.read_bytes(), PreprocessingSpec(size=160)) for _ in range(2))
        assert (first.pixels == second.pixels).all()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_preprocessed_image_does_not_change_again(seedlings: Path, kind: str) -> None:
    recipe = PreprocessingSpec(size=160)
    for path in sorted(seedlings.glob("*.jpg")):
        once = read_photo(path.read_bytes(), recipe).pixels
        file = encoded(Image.fromarray(once), kind, **({"lossless": True} if kind == "WEBP" else {}))
        assert (read_photo(file, recipe).pixels == once).all()


def test_metadata_is_dropped(seedling: bytes) -> None:
    image = decoded(seedling)
    bare = read_photo(encoded(image, "JPEG"), PreprocessingSpec(size=64))
    tagged = read_photo(encoded(image, "JPEG", exif=exif(), comment=b"at home"), PreprocessingSpec(size=64))
    assert (tagged.pixels == bare.pixels).all()
    assert [field.name for field in dataclasses.fields(Photo)] == ["pixels", "width", "height", "format"]
    again = Image.open(io.BytesIO(encoded(Image.fromarray(tagged.pixels), "PNG")))
    assert not again.getexif()
    assert not again.info


@pytest.fixture(scope="module")
def large(seedling: bytes) -> Image.Image:
    """Return a photo far larger than the model's input, with fine detail."""
    grain = np.random.default_rng(7).normal(0, 12, (1200, 1600, 1))
    plant = np.asarray(decoded(seedling).resize((1600, 1200), Image.Resampling.BICUBIC))
    return Image.fromarray(np.clip(plant + grain, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("progressive", [False, True])
def test_a_large_jpeg_is_decoded_at_reduced_scale(
    large: Image.Image, progressive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(large, "JPEG", quality=90, progressive=progressive)
    full = np.asarray(ImageOps.fit(decoded(data), (64, 64), Image.Resampling.BILINEAR))
    sizes = []
    load = Image.Image.load

    def watched(self: Image.Image) -> Any:
        sizes.append(self.size)
        return load(self)

    monkeypatch.setattr(Image.Image, "load", watched)
    photo = read_photo(data, PreprocessingSpec(size=64))
    assert max(sizes) == (200, 150)
    assert (photo.width, photo.height) == (1600, 1200)
    assert difference(photo.pixels, full) <= 1.5


def test_a_small_jpeg_is_decoded_at_full_scale(seedling: bytes) -> None:
    photo = read_photo(seedling, PreprocessingSpec(size=160))
    full = ImageOps.fit(decoded(seedling), (160, 160), Image.Resampling.BILINEAR)
    assert (photo.pixels == np.asarray(full)).all()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_thumbnail_is_uncropped_and_the_models_input_unchanged(
    large: Image.Image, kind: str, orientation: int
) -> None:
    data = encoded(large, kind, exif=exif(orientation=orientation))
    photo, preview = read_with_preview(data, PreprocessingSpec(size=64), 512)

    alone = read_photo(data, PreprocessingSpec(size=64))
    assert (photo.pixels == alone.pixels).all()
    assert (photo.width, photo.height, photo.format) == (alone.width, alone.height, kind)
    assert preview.shape == ((384, 512, 3) if orientation == 1 else (512, 384, 3))
    whole = large if orientation == 1 else large.transpose(Image.Transpose.ROTATE_270)
    shrunk = whole.resize(preview.shape[1::-1], Image.Resampling.BILINEAR)
    assert difference(preview, np.asarray(shrunk)) <= 3


def test_a_thumbnail_may_be_slightly_enlarged(seedling: bytes) -> None:
    photo = encoded(decoded(seedling).resize((2000, 1500)), "JPEG", quality=95)  # a quarter of it is 500 px
    _, preview = read_with_preview(photo, PreprocessingSpec(size=160), 512)
    assert preview.shape == (384, 512, 3)
    shrunk = decoded(photo).resize((512, 384), Image.Resampling.BILINEAR)
    assert difference(preview, np.asarray(shrunk)) <= 3


def test_a_thumbnail_is_not_larger_than_the_photo(seedling: bytes) -> None:
    _, preview = read_with_preview(seedling, PreprocessingSpec(size=64), 512)
    assert preview.shape[1::-1] == decoded(seedling).size
