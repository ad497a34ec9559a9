import keras
import numpy as np
import pytest

from tests.unit.training.quantization.small_xception import (
    checkerboard,
    small_xception,
    smooth_photos,
    spike_on_checkerboards,
)
from training.errors import TrainingError
from training.quantization import Variant, noise_by_layer
from training.quantization.clone import inference_clone
from training.quantization.conversion import calibrated, saved, to_fp32, to_int8
from training.quantization.scaling import without_scaling


def test_every_layer_is_named_once_in_the_order_of_the_graph(files: dict[Variant, bytes]) -> None:
    layers = noise_by_layer(files["fp32"], files["int8"], smooth_photos(4, seed=30))

    names = [layer.layer for layer in layers]
    assert len(set(names)) == len(names)
    assert [layer.position for layer in layers] == list(range(len(layers)))
    assert names[0] == "first"
    assert set(names[-3:]) == {"logits", "embedding", "evidence"}
    # The first and a shortcut, two halves of five separable convolutions, three sums of which two are
    # read activated too, three heads.
    assert len(names) == 2 + 2 * 5 + 3 + 2 + 3


def test_a_faithful_export_is_far_above_its_noise(files: dict[Variant, bytes]) -> None:
    layers = noise_by_layer(files["fp32"], files["int8"], smooth_photos(4, seed=31))

    assert min(layer.signal_to_noise_db for layer in layers) > 15
    # Eight bits over a full range are 50 dB.
    assert max(layer.signal_to_noise_db for layer in layers) < 55


def test_the_layer_that_spoils_the_rest_is_seen() -> None:
    network = small_xception(seed=32)
    spike_on_checkerboards(network)
    photos = np.concatenate([smooth_photos(9, seed=33), checkerboard()[np.newaxis]])
    with saved(without_scaling(inference_clone(network))) as folder:
        fp32, int8 = to_fp32(folder), to_int8(calibrated(folder, photos))

    first, *others = noise_by_layer(fp32, int8, smooth_photos(4, seed=34))

    assert first.layer == "first"
    assert first.signal_to_noise_db < 25
    assert max(layer.signal_to_noise_db for layer in others) < 25


def test_two_models_are_not_compared(files: dict[Variant, bytes]) -> None:
    pixels = keras.Input((8, 8, 3))
    other = keras.Model(pixels, {"logits": keras.layers.Flatten(name="flat")(pixels)})
    with saved(other) as folder, pytest.raises(TrainingError, match="two models"):
        noise_by_layer(to_fp32(folder), files["int8"], smooth_photos(1, seed=35))
