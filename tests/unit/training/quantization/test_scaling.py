import logging
from typing import Any

import keras
import numpy as np
import pytest

from training.quantization.scaling import without_scaling

L = keras.layers


def one_convolution(scaling: keras.layers.Layer, **options: Any) -> keras.Model:
    pixels = keras.Input((9, 9, 3))
    network = keras.Model(pixels, L.Conv2D(4, 3, **options)(scaling(pixels)))
    draw = np.random.default_rng(0)
    network.set_weights([draw.normal(0, 1, weights.shape) for weights in network.get_weights()])
    return network


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(
    "scaling",
    [L.Rescaling(1 / 127.5, offset=-1), L.Rescaling([0.1, 0.2, 0.3], offset=[-1, 0, 2]), L.Rescaling(0.5)],
)
def test_scaling_goes_into_the_convolution(scaling: keras.layers.Layer, bias: bool) -> None:
    network = one_convolution(scaling, use_bias=bias)
    photos = np.random.default_rng(1).uniform(0, 255, (2, 9, 9, 3)).astype(np.float32)

    folded = without_scaling(network)

    assert not any(isinstance(layer, L.Rescaling) for layer in folded.layers)
    np.testing.assert_allclose(
        folded.predict_on_batch(photos), network.predict_on_batch(photos), rtol=1e-4, atol=1e-3
    )


def test_scaling_before_a_padded_convolution_stays(caplog: pytest.LogCaptureFixture) -> None:
    network = one_convolution(L.Rescaling(1 / 127.5, offset=-1, name="halves"), padding="same")
    photos = np.random.default_rng(1).uniform(0, 255, (2, 9, 9, 3)).astype(np.float32)

    with caplog.at_level(logging.INFO):
        folded = without_scaling(network)

    assert "'halves'" in caplog.text
    np.testing.assert_allclose(folded.predict_on_batch(photos), network.predict_on_batch(photos), atol=1e-5)
