"""The functional network is Keras' network, in inference and in training."""

from dataclasses import replace
from functools import cache
from typing import Any

import jax
import keras
import numpy as np
import pytest

from training.distillation import functional_xception
from training.distillation.functional_xception import Mode, without_middle_blocks
from training.distillation.keras_weights import Named, assign, named_weights
from training.networks.network import backbone, build

SIZE, CLASSES, BLOCKS = 72, 3, (5, 12)
EXACT = Mode(precision="float32")
KEY = jax.random.key(0)
# Compiled whole, as in a training step: operation by operation, JAX compiles longer.
logits_of = jax.jit(functional_xception.logits, static_argnames="mode")


@cache
def keras_network() -> keras.Model:
    keras.mixed_precision.set_global_policy("float32")
    return build(CLASSES, SIZE, middle_blocks=BLOCKS)


def named() -> tuple[Named, Named]:
    network = keras_network()
    weights, statistics = named_weights(backbone(network))
    kernel, bias = network.get_layer("logits").get_weights()
    return weights | {"logits/kernel": kernel, "logits/bias": bias}, statistics


@pytest.fixture
def pixels() -> np.ndarray:
    return np.random.default_rng(1).uniform(0, 255, (2, SIZE, SIZE, 3)).astype(np.float32)


def test_logits_are_those_of_keras(pixels: np.ndarray) -> None:
    weights, statistics = named()

    logits, _ = logits_of(weights, statistics, pixels, EXACT, KEY)

    np.testing.assert_allclose(logits, keras_network().predict_on_batch(pixels), atol=1e-4)


def test_moving_statistics_are_those_of_keras(pixels: np.ndarray) -> None:
    weights, statistics = named()
    network = keras.models.clone_model(keras_network())
    network.set_weights(keras_network().get_weights())

    _, updated = logits_of(weights, statistics, pixels, replace(EXACT, train=True), KEY)

    network(pixels, training=True)
    expected = named_weights(backbone(network))[1]
    assert updated.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(updated[name], value, rtol=1e-3, atol=1e-5, err_msg=name)


def test_blocks_that_are_always_dropped_add_nothing(pixels: np.ndarray) -> None:
    weights, statistics = named()
    training = replace(EXACT, train=True)

    def output(blocks: tuple[int, ...], mode: Mode) -> Any:
        kept = without_middle_blocks(weights, blocks), without_middle_blocks(statistics, blocks)
        return logits_of(kept[0], kept[1], pixels, mode, KEY)[0]

    dropped = output((5,), replace(training, drop_path=1.0))

    np.testing.assert_allclose(dropped, output((), training), atol=1e-5)


def test_weights_come_back_to_keras(pixels: np.ndarray) -> None:
    weights, statistics = named()
    other = build(CLASSES, SIZE, seed=9, middle_blocks=BLOCKS)

    assign(other, backbone(other), weights | statistics)

    np.testing.assert_array_equal(other.predict_on_batch(pixels), keras_network().predict_on_batch(pixels))
