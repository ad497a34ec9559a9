"""The export of pooled features, and the batch job that reads it."""

from pathlib import Path

import keras
import numpy as np
import pytest

from batch.errors import BatchError
from batch.feature_extractor import FeatureExtractor, read_card
from frond.preprocessing import PreprocessingSpec, read_photo
from training.errors import TrainingError
from training.feature_export import export_features, pretrained_network
from training.networks.network import build, features_model

SIZE = 32


@pytest.fixture(scope="module")
def network() -> keras.Model:
    return build(classes=2, size=SIZE, backbone="small_cnn", seed=1)


@pytest.fixture(scope="module")
def exported(network: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "features"
    assert export_features(network, "made up", folder, "fp32") == 96
    return folder


def test_the_extractor_computes_the_features_of_the_network(
    network: keras.Model, exported: Path, seedling: bytes
) -> None:
    pixels = read_photo(seedling, PreprocessingSpec(size=SIZE)).pixels
    expected = features_model(network).predict_on_batch(pixels[np.newaxis])[0]
    found = FeatureExtractor.load(exported).extract(pixels)
    assert found.shape == (96,)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_the_card_describes_the_file(exported: Path) -> None:
    card = read_card(exported)
    assert (card.size, card.width, card.backbone) == (SIZE, 96, "small_cnn")
    assert (card.weights, card.number_format) == ("made up", "fp32")


def test_a_changed_file_is_refused(exported: Path) -> None:
    content = (exported / "features.tflite").read_bytes()
    with pytest.raises(BatchError, match="does not match"):
        FeatureExtractor(content + b"0", read_card(exported))


def test_a_folder_without_an_extractor(tmp_path: Path, network: keras.Model) -> None:
    with pytest.raises(BatchError, match="training export-features"):
        read_card(tmp_path)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(TrainingError, match="no feature extractor"):
        export_features(network, "made up", tmp_path)


def test_weights_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "imagenet.h5"
    with pytest.raises(TrainingError, match="no weight file"):
        pretrained_network(str(path), "mobilenet_v2", SIZE)
    path.write_text("no weights")
    with pytest.raises(TrainingError, match="does not hold the weights"):
        pretrained_network(str(path), "mobilenet_v2", SIZE)
