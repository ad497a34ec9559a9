import keras
import numpy as np
import pytest

from tests.unit.training.quantization.small_xception import SIZE, smooth_photos
from training.errors import TrainingError
from training.quantization.activations import channel_peaks
from training.quantization.clone import inference_clone
from training.quantization.equalization import equalize

L = keras.layers


def test_equalization_changes_weights_but_not_outputs(network: keras.Model) -> None:
    photos = smooth_photos(16, seed=4)
    clone = inference_clone(network)
    weights, answers = clone.get_weights(), clone.predict_on_batch(photos.astype(np.float32))

    equalize(clone, channel_peaks(clone, photos))

    assert any((now != then).any() for now, then in zip(clone.get_weights(), weights, strict=True))
    for name, after in clone.predict_on_batch(photos.astype(np.float32)).items():
        np.testing.assert_array_equal(after, answers[name])


def test_a_small_channel_range_is_enlarged() -> None:
    pixels = keras.Input((SIZE, SIZE, 3))
    network = keras.Model(pixels, L.Conv2D(2, 1)(L.DepthwiseConv2D(1, use_bias=False, name="depth")(pixels)))
    depth, point = network.layers[1], network.layers[2]
    depth.set_weights([np.array([1, 1, 1 / 256], np.float32).reshape(1, 1, 3, 1)])
    point.set_weights([np.ones((1, 1, 3, 2), np.float32), np.zeros(2, np.float32)])
    photos = smooth_photos(16, seed=5)

    equalize(network, channel_peaks(network, photos))

    reach = channel_peaks(network, photos)["depth"].max(axis=0)
    # 256 apart before; the square root of it after, to the nearest power of two.
    assert 8 <= reach[:2].min() / reach[2] <= 32


def test_a_depthwise_output_with_two_readers_is_not_scaled() -> None:
    pixels = keras.Input((SIZE, SIZE, 3))
    between = L.DepthwiseConv2D(3, use_bias=False, name="depth")(pixels)
    network = keras.Model(pixels, {"plain": between, "mixed": L.Conv2D(2, 1)(between)})
    weights = network.get_weights()

    equalize(network, channel_peaks(network, smooth_photos(4, seed=6)))

    for now, then in zip(network.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(now, then)


def test_activations_that_are_not_finite_are_rejected() -> None:
    pixels = keras.Input((SIZE, SIZE, 3))
    network = keras.Model(pixels, L.Conv2D(2, 1, use_bias=False, name="broken")(pixels))
    network.set_weights([np.full((1, 1, 3, 2), np.nan, np.float32)])

    with pytest.raises(TrainingError, match="broken are not finite"):
        channel_peaks(network, smooth_photos(2, seed=7))
