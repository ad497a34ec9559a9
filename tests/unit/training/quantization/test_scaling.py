import logging
from typing import Any

import keras
import numpy as np
import pytest

from training.quantization.scaling import fold_rescaling

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
def test_scaling_is_folded_into_the_convolution(scaling: keras.layers.Layer, bias: bool) -> None:
    network = one_convolution(scaling, use_bias=bias)
    photos = np.random.default_rng(1).uniform(0, 255, (2, 9, 9, 3)).astype(np.float32)

    folded = fold_rescaling(network)

    assert not any(isinstance(layer, L.Rescaling) for layer in folded.layers)
    np.testing.assert_allclose(
        folded.predict_on_batch(photos), network.predict_on_batch(photos), rtol=1e-4, atol=1e-3
    )


@pytest.mark.parametrize("bias", [True, False])
def test_before_a_padded_convolution_only_the_factor_is_folded(
    bias: bool, caplog: pytest.LogCaptureFixture
) -> None:
    scaling = L.Rescaling(1 / 127.5, offset=-1, name="halves")
    network = one_convolution(scaling, padding="same", use_bias=bias)
    photos = np.random.default_rng(1).uniform(0, 255, (2, 9, 9, 3)).astype(np.float32)

    with caplog.at_level(logging.INFO):
        folded = fold_rescaling(network)

    (left,) = (layer for layer in folded.layers if isinstance(layer, L.Rescaling))
    assert (left.scale, left.offset) == (1.0, -127.5)
    assert "'halves_shift'" in caplog.text
    np.testing.assert_allclose(folded.predict_on_batch(photos), network.predict_on_batch(photos), atol=1e-5)


def test_scaling_with_another_reader_stays() -> None:
    pixels = keras.Input((9, 9, 3))
    network = keras.Model(pixels, L.Conv2D(4, 3)(L.ZeroPadding2D()(L.Rescaling(2.0, offset=-1)(pixels))))
    photos = np.random.default_rng(1).uniform(0, 255, (2, 9, 9, 3)).astype(np.float32)

    folded = fold_rescaling(network)

    np.testing.assert_allclose(folded.predict_on_batch(photos), network.predict_on_batch(photos), rtol=1e-4)
    assert any(isinstance(layer, L.Rescaling) for layer in folded.layers)
