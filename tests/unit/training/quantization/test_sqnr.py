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
from training.quantization import NumericFormat, sqnr_by_layer
from training.quantization.clone import inference_clone
from training.quantization.conversion import calibrate_model, saved_model, to_fp32, to_int8
from training.quantization.scaling import fold_rescaling


def test_every_layer_once_in_graph_order(files: dict[NumericFormat, bytes]) -> None:
    layers = sqnr_by_layer(files["fp32"], files["int8"], smooth_photos(4, seed=30))

    names = [layer.layer for layer in layers]
    assert len(set(names)) == len(names)
    assert [layer.position for layer in layers] == list(range(len(layers)))
    assert names[0] == "first"
    assert set(names[-3:]) == {"logits", "embedding", "evidence"}
    # The first and a shortcut, two halves of five separable convolutions, three sums of which two are
    # read activated too, three heads.
    assert len(names) == 2 + 2 * 5 + 3 + 2 + 3


def test_a_faithful_export_has_a_high_ratio(files: dict[NumericFormat, bytes]) -> None:
    layers = sqnr_by_layer(files["fp32"], files["int8"], smooth_photos(4, seed=31))

    assert min(layer.signal_to_noise_db for layer in layers) > 15
    # Eight bits over a full range are 50 dB.
    assert max(layer.signal_to_noise_db for layer in layers) < 55


def test_a_poorly_quantized_layer_has_a_low_ratio() -> None:
    network = small_xception(seed=32)
    spike_on_checkerboards(network)
    photos = np.concatenate([smooth_photos(9, seed=33), checkerboard()[np.newaxis]])
    with saved_model(fold_rescaling(inference_clone(network))) as folder:
        fp32, int8 = to_fp32(folder), to_int8(calibrate_model(folder, photos))

    first, *others = sqnr_by_layer(fp32, int8, smooth_photos(4, seed=34))

    assert first.layer == "first"
    assert first.signal_to_noise_db < 25
    assert max(layer.signal_to_noise_db for layer in others) < 25


def test_files_of_two_models_are_rejected(files: dict[NumericFormat, bytes]) -> None:
    pixels = keras.Input((8, 8, 3))
    other = keras.Model(pixels, {"logits": keras.layers.Flatten(name="flat")(pixels)})
    with saved_model(other) as folder, pytest.raises(TrainingError, match="two models"):
        sqnr_by_layer(to_fp32(folder), files["int8"], smooth_photos(1, seed=35))
