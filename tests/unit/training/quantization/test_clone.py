import keras
import numpy as np

from tests.unit.training.quantization.small_xception import SIZE, small_xception, smooth_photos
from training.quantization.clone import consumers, inference_clone


def test_a_nested_backbone_is_flattened_with_equal_outputs(network: keras.Model) -> None:
    photos = smooth_photos(8, seed=2).astype(np.float32)

    clone = inference_clone(network)

    kinds = {type(layer) for layer in clone.layers}
    assert keras.Model not in kinds
    assert not any(isinstance(layer, keras.Model | keras.layers.SeparableConv2D) for layer in clone.layers)
    for name, expected in network.predict_on_batch(photos).items():
        np.testing.assert_allclose(clone.predict_on_batch(photos)[name], expected, rtol=1e-4, atol=1e-4)


def test_changing_the_clone_does_not_change_the_model() -> None:
    network = small_xception(seed=3)
    before = network.get_weights()

    clone = inference_clone(network)
    for layer in clone.layers:
        layer.set_weights([weights + 1 for weights in layer.get_weights()])

    for now, then in zip(network.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)
    assert network.get_layer("backbone").get_layer("first").output.shape[-1] == 8


def test_a_network_trained_in_half_precision_is_cloned_in_float32() -> None:
    pixels = keras.Input((SIZE, SIZE, 3))
    features = keras.layers.Conv2D(4, 3, dtype="mixed_float16")(pixels)
    network = keras.Model(pixels, {"logits": keras.layers.GlobalAveragePooling2D()(features)})

    clone = inference_clone(network)

    assert {layer.compute_dtype for layer in clone.layers} == {"float32"}


def test_consumers_include_the_models_outputs() -> None:
    pixels = keras.Input((4,))
    hidden = keras.layers.Dense(3, name="hidden")(pixels)
    network = keras.Model(pixels, [hidden, keras.layers.Dense(2, name="last")(hidden)])

    readers = {
        layer.name: {reader and reader.name for reader in read} for layer, read in consumers(network).items()
    }

    assert readers == {"hidden": {"last", None}, "last": {None}}
