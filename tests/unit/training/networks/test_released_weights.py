"""An exported model as the start of a new run."""

from pathlib import Path

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from frond.classifier import Classifier
from frond.manifest import MANIFEST_NAME, MODEL_NAME, read_manifest
from frond.preprocessing import read_photo
from frond.problems import InvalidModel
from tests.conftest import ROOT
from tests.unit.training import tiny_backbone
from tests.unit.training.quantization.served import manifest_of
from training.batch_inference import infer_all
from training.errors import TrainingError
from training.networks.network import backbone, build, serving_model
from training.networks.released_weights import is_release, load_release
from training.quantization import quantize

tiny_backbone.register()
SIZE, CLASSES, BACKBONES = 40, 3, (tiny_backbone.NORMALIZED, tiny_backbone.PLAIN, "small_cnn")
RELEASE = ROOT / "functions" / "classify" / "model"

Pictures = NDArray[np.uint8]


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Return gradients in random colours."""
    draw = np.random.default_rng(3)
    corners = draw.integers(0, 256, (24, 2, 2, 3)).astype(np.float32)
    shown = keras.ops.image.resize(corners, (SIZE, SIZE))
    return np.asarray(shown).round().astype(np.uint8)


@pytest.fixture(scope="module", params=BACKBONES)
def trained(request: pytest.FixtureRequest) -> keras.Model:
    """Return a network, with statistics of normalization as if it had been trained."""
    network = build(CLASSES, SIZE, dropout=0, seed=1, backbone=request.param)
    draw = np.random.default_rng(4)
    for layer in backbone(network).layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            width = layer.gamma.shape
            layer.set_weights(
                [draw.uniform(0.5, 2, width) if n in {0, 3} else draw.normal(0, 0.3, width) for n in range(4)]
            )
    return network


@pytest.fixture(scope="module")
def release(trained: keras.Model, pictures: Pictures, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the network's export."""
    width = trained.get_layer("pooled").output.shape[-1]
    axes = np.eye(64, width)
    tflite = quantize(serving_model(trained, axes, np.zeros(width)), pictures)
    folder = tmp_path_factory.mktemp("release")
    (folder / MODEL_NAME).write_bytes(tflite)
    (folder / MANIFEST_NAME).write_text(
        manifest_of(tflite, SIZE, CLASSES).model_dump_json(), encoding="utf-8"
    )
    return folder


def fresh(trained: keras.Model, classes: int = CLASSES) -> keras.Model:
    return build(classes, SIZE, dropout=0, seed=2, backbone=backbone(trained).name)


def test_the_outputs_are_those_of_the_export(trained: keras.Model, release: Path, pictures: Pictures) -> None:
    network = fresh(trained)
    load_release(network, release, pictures)
    shown = pictures.astype(np.float32)
    expected = trained.predict_on_batch(shown)
    assert network.predict_on_batch(shown) == pytest.approx(expected, abs=0.05 * float(np.ptp(expected)))


def test_training_normalizes_as_inference_does(
    trained: keras.Model, release: Path, pictures: Pictures
) -> None:
    """The statistics are those of the pictures, so the first steps do not change what the network knows."""
    network = fresh(trained)
    load_release(network, release, pictures)
    shown = pictures.astype(np.float32)
    in_training = keras.ops.convert_to_numpy(network(shown, training=True))
    assert network.predict_on_batch(shown) == pytest.approx(
        in_training, abs=0.02 * float(np.ptp(in_training))
    )


def test_another_network_is_refused(trained: keras.Model, release: Path, pictures: Pictures) -> None:
    name = "small_cnn" if backbone(trained).name != "small_cnn" else tiny_backbone.PLAIN
    other = build(CLASSES, SIZE, dropout=0, seed=2, backbone=name)
    before = other.get_weights()
    for network, why in ((other, "another network"), (fresh(trained, classes=5), "3 species, not 5")):
        with pytest.raises(TrainingError, match=why):
            load_release(network, release, pictures)
    for now, then in zip(other.get_weights(), before, strict=True):
        assert np.array_equal(now, then)


def test_a_damaged_export_is_refused(
    trained: keras.Model, release: Path, pictures: Pictures, tmp_path: Path
) -> None:
    (tmp_path / MANIFEST_NAME).write_bytes((release / MANIFEST_NAME).read_bytes())
    (tmp_path / MODEL_NAME).write_bytes((release / MODEL_NAME).read_bytes()[:-1])
    with pytest.raises(InvalidModel):
        load_release(fresh(trained), tmp_path, pictures)


def test_the_released_model(seedlings: Path) -> None:
    manifest = read_manifest(RELEASE)
    photos = np.stack(
        [read_photo(path.read_bytes(), manifest.input).pixels for path in sorted(seedlings.glob("*.jpg"))]
    )
    network = build(len(manifest.labels), manifest.input.size, backbone="xception", middle_blocks=(5, 12))

    assert is_release(str(RELEASE))
    load_release(network, RELEASE, photos)

    served = infer_all(Classifier((RELEASE / MODEL_NAME).read_bytes(), manifest, threads=2), photos).logits
    logits = network.predict_on_batch(photos.astype(np.float32))
    assert (logits.argmax(axis=1) == served.argmax(axis=1)).all()
    assert np.abs(logits - served).mean() < 0.2
