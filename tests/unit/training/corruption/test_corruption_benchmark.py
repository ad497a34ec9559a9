"""Bounds of blur and darkness are fitted to good photos, and the errors on corrupted ones are counted."""

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from frond.classifier import Classifier
from frond.image_quality import DISQUALIFYING, pixel_issues
from frond.preprocessing import PreprocessingSpec, read_photo
from tests.support.tiny_model import manifest_of, tiny_model
from training.corruption.corruptions import CASES, ENCODINGS, GOOD, Corruption
from training.corruption.error_counts import run_benchmark, table
from training.corruption.quality_bounds import fit_bounds

SPEC = PreprocessingSpec(size=96)


@pytest.fixture(scope="module")
def pictures(seedlings: Path) -> list[NDArray[np.uint8]]:
    return [read_photo(path.read_bytes(), SPEC).pixels for path in sorted(seedlings.glob("*.jpg"))[:4]]


def read(corruption: Corruption, picture: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    return read_photo(ENCODINGS[encoding](corruption.apply(picture)), SPEC).pixels


def test_fitted_bounds_tell_good_photos_from_blurred_and_dark_ones(
    pictures: list[NDArray[np.uint8]],
) -> None:
    bounds = fit_bounds(pictures, SPEC)

    assert bounds.min_sharpness <= bounds.soft_sharpness
    for picture in pictures:
        assert pixel_issues(read(GOOD, picture, "JPEG q75"), bounds) == []
        for encoding in ("PNG", "JPEG q60"):
            for corruption in (Corruption(radius=4), Corruption(light=0.2)):
                found = pixel_issues(read(corruption, picture, encoding), bounds)
                assert not DISQUALIFYING.isdisjoint(found)


def test_an_enlarged_photo_is_blurred_as_much_as_its_small_copy(pictures: list[NDArray[np.uint8]]) -> None:
    small = read(Corruption(radius=2), pictures[0], "PNG").astype(int)
    large = read(Corruption(radius=2, enlarged=4), pictures[0], "PNG").astype(int)
    assert np.abs(small - large).mean() < 2


def test_a_second_encoding_reads_the_first(pictures: list[NDArray[np.uint8]]) -> None:
    image = Image.fromarray(pictures[0])
    sizes = {name: Image.open(io.BytesIO(encode(image))).size for name, encode in ENCODINGS.items()}
    assert set(sizes.values()) == {(96, 96), (86, 86)}
    assert {encoding for _, encoding in CASES} <= sizes.keys()


def test_errors_are_counted_with_and_without_the_bounds() -> None:
    model = tiny_model()
    manifest = manifest_of(model)
    size = manifest.input.size
    pictures = list(np.random.default_rng(1).integers(0, 256, (3, size, size, 3)).astype(np.uint8))
    bounds = fit_bounds(pictures, manifest.input)
    classifier = Classifier(model, manifest.model_copy(update={"quality": bounds}))
    labels = np.array([0, 0, 0])

    dark, good = run_benchmark(classifier, pictures, labels, [(Corruption(light=0.1), "PNG"), (GOOD, "PNG")])
    assert (dark.corruption, dark.photos, dark.flagged, dark.identified) == ("light × 0.1", 3, 3, 0)
    assert good.identified == good.identified_without
    assert dark.identified_without >= dark.identified
    assert table([dark, good]).row_count == 2
