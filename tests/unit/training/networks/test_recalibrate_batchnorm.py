"""Recalibration of batch normalization on images without augmentation."""

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from training.networks.network import backbone, build, freeze_backbone, unfreeze_above
from training.networks.recalibrate_batchnorm import recalibrate_batchnorm

SIZE = 48


@pytest.fixture
def network() -> keras.Model:
    """Return a network with untrained moving statistics."""
    return build(classes=3, size=SIZE, dropout=0, seed=1, backbone="small_cnn")


@pytest.fixture(scope="module")
def pictures() -> NDArray[np.uint8]:
    return np.random.default_rng(2).integers(0, 256, (12, SIZE, SIZE, 3), dtype=np.uint8)


def statistics(network: keras.Model) -> dict[str, NDArray[np.float32]]:
    return {
        state.path: keras.ops.convert_to_numpy(state)
        for layer in backbone(network).layers
        if isinstance(layer, keras.layers.BatchNormalization)
        for state in (layer.moving_mean, layer.moving_variance)
    }


def test_inference_equals_training_mode(network: keras.Model, pictures: NDArray[np.uint8]) -> None:
    inputs = pictures.astype(np.float32)
    normalized = keras.ops.convert_to_numpy(network(inputs, training=True))
    before = network.predict_on_batch(inputs)

    recalibrate_batchnorm(network, pictures)

    assert np.abs(before - normalized).max() > 0.1
    assert network.predict_on_batch(inputs) == pytest.approx(normalized, abs=1e-3)


def test_images_may_be_ordered_by_species(network: keras.Model, pictures: NDArray[np.uint8]) -> None:
    """A batch of dark images and a batch of bright ones would each vary too little."""
    sorted_ones = np.concatenate([pictures // 8] * 8 + [pictures // 8 + 200] * 8)
    recalibrate_batchnorm(network, sorted_ones, batch=len(sorted_ones))
    at_once = statistics(network)

    recalibrate_batchnorm(network, sorted_ones, batch=len(sorted_ones) // 2)

    first = "block1_bn/moving_variance"
    assert statistics(network)[first] == pytest.approx(at_once[first], rel=0.05)


def test_images_of_another_size_are_resized(network: keras.Model, pictures: NDArray[np.uint8]) -> None:
    # Of one colour each, which no resizing changes.
    plain = np.broadcast_to(pictures[:, :1, :1], pictures.shape)
    recalibrate_batchnorm(network, plain)
    expected = statistics(network)

    recalibrate_batchnorm(network, plain.repeat(2, axis=1).repeat(2, axis=2))

    for path, values in statistics(network).items():
        assert values == pytest.approx(expected[path], rel=1e-2, abs=1e-4), path


def test_frozen_layers_keep_their_statistics(network: keras.Model, pictures: NDArray[np.uint8]) -> None:
    before = statistics(network)
    unfreeze_above(network, 3)
    learning = {
        state.path
        for layer in backbone(network).layers
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
        for state in (layer.moving_mean, layer.moving_variance)
    }

    recalibrate_batchnorm(network, pictures)

    moved = {path for path, values in statistics(network).items() if not np.array_equal(values, before[path])}
    assert 0 < len(learning) < len(before)
    assert moved == learning


def test_a_frozen_backbone_is_not_changed(network: keras.Model, pictures: NDArray[np.uint8]) -> None:
    before = network.get_weights()
    freeze_backbone(network)

    recalibrate_batchnorm(network, pictures)

    for now, then in zip(network.get_weights(), before, strict=True):
        assert np.array_equal(now, then)


def test_the_momentum_is_restored(network: keras.Model, pictures: NDArray[np.uint8]) -> None:
    def momenta() -> list[float]:
        layers = backbone(network).layers
        return [layer.momentum for layer in layers if isinstance(layer, keras.layers.BatchNormalization)]

    before = momenta()
    recalibrate_batchnorm(network, pictures)
    assert momenta() == before
