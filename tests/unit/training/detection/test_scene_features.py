"""The features that a detector's head learns from."""

from pathlib import Path

import keras
import numpy as np
import pytest

from training.detection.detection_dataset import DetectionDataset
from training.detection.detector_run import DetectorRun
from training.detection.scene_batches import SceneBatches, targets_of
from training.detection.scene_features import Pixels, StemFeatures, compute_features, open_features
from training.detection.views import MIRRORED, view_of
from training.errors import TrainingError


@pytest.fixture(scope="module")
def stem() -> keras.Model:
    """A stem that returns the mean colour of each position of its two maps."""
    pixels = keras.Input((64, 64, 3))
    return keras.Model(pixels, [keras.layers.AveragePooling2D(stride)(pixels) for stride in (8, 16)])


@pytest.fixture(scope="module")
def files(
    stem: keras.Model, annotated: DetectionDataset, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    paths = DetectorRun(tmp_path_factory.mktemp("features")).features("train")
    compute_features(stem, annotated, annotated.indices("train"), 2, paths)
    return paths


def test_a_view_has_the_features_of_the_mirrored_photo(
    files: list[Path], stem: keras.Model, annotated: DetectionDataset
) -> None:
    indices = annotated.indices("train")
    features, chosen = open_features(files, len(indices), 2), np.array([0, 3, 5])
    pixels = view_of(annotated.pictures[indices[chosen]].astype(np.float32), MIRRORED)
    expected = stem.predict_on_batch(pixels)
    assert [map_.shape for map_ in expected] == [(3, 8, 8, 3), (3, 4, 4, 3)]
    for found, map_ in zip(features.read(chosen, MIRRORED), expected, strict=True):
        np.testing.assert_allclose(found, map_, rtol=1e-3, atol=0.1)


def test_features_of_other_photos_are_refused(files: list[Path]) -> None:
    with pytest.raises(TrainingError, match="of other photos"):
        open_features(files, 1, 2)


def test_each_epoch_has_all_photos_once_in_views_of_its_own(
    files: list[Path], annotated: DetectionDataset
) -> None:
    indices = annotated.indices("train")
    targets = targets_of(annotated, indices)
    orders, views = [], set()
    for epoch in range(4):
        batches = SceneBatches(StemFeatures(files), targets, 4, (1, epoch))
        orders.append(np.concatenate(batches.steps).tolist())
        views |= set(batches.views.tolist())
    assert all(sorted(order) == list(range(len(indices))) for order in orders)
    assert orders[0] != orders[1]
    assert views == {0, 1}


def test_validation_photos_are_seen_as_they_are_in_order(annotated: DetectionDataset) -> None:
    indices = annotated.indices("validation")
    batches = SceneBatches(Pixels(annotated, indices), targets_of(annotated, indices), 3)
    seen = np.concatenate([batches[step][0] for step in range(len(batches))])
    np.testing.assert_array_equal(seen, annotated.pictures[indices].astype(np.float32))
