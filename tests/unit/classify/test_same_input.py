"""The one picture: whichever way a photo comes, the model sees the same pixels, bit for bit."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from frond.classifier import Classifier, Inference
from frond_classify.serving.model_provider import classifier
from tests.unit.classify.conftest import PHOTOS, Call, form
from training.data.dataset import Dataset
from training.data.prepare import License, prepare
from training.data.sources import FolderSource
from training.data.split import Split, SplitConfig
from training.data.taxonomy import Taxonomy


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Prepare the sample photos as training does, a folder a species."""
    root = tmp_path_factory.mktemp("photos")
    for photo in PHOTOS.glob("*.jpg"):
        (root / "set" / photo.stem).mkdir(parents=True)
        shutil.copy(photo, root / "set" / photo.stem)
    shares: dict[Split, float] = {"train": 0.6, "validation": 0.2, "test": 0.2}
    recipe = classifier().manifest.input
    prepare(
        FolderSource(root / "set"), root / "prepared", recipe, Taxonomy(), SplitConfig(shares), 1, License()
    )
    return Dataset(root / "prepared")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.uint8]]:
    """Return what the network is shown."""
    pictures: list[NDArray[np.uint8]] = []
    infer = Classifier.infer

    def watch(self: Classifier, pixels: NDArray[np.uint8]) -> Inference:
        pictures.append(pixels)
        return infer(self, pixels)

    monkeypatch.setattr(Classifier, "infer", watch)
    return pictures


def test_training_raw_body_and_form_show_the_model_the_same(
    call: Call, prepared: Dataset, seen: list[NDArray[np.uint8]]
) -> None:
    for row, trained_on in zip(prepared.rows, prepared.pictures, strict=True):
        photo = (PHOTOS / Path(row.source).name).read_bytes()
        seen.clear()
        call("POST", "/v1/classifications", photo, "image/jpeg")
        call("POST", "/v1/classifications", *form(("image", photo)))

        raw, multipart = seen
        assert raw.dtype == np.uint8
        np.testing.assert_array_equal(raw, trained_on)
        np.testing.assert_array_equal(multipart, trained_on)
