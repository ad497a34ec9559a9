import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from tests.unit.training.quantization.small_xception import (
    CLASSES,
    SIZE,
    checkerboard,
    small_xception,
    smooth_photos,
    spike_on_checkerboards,
)
from tests.unit.training.quantization.test_agreement import compared
from training.errors import TrainingError
from training.quantization import NumericFormat, flatbuffer, partitions, quantize
from training.quantization.clone import inference_clone
from training.quantization.conversion import calibrate_model, saved_model, to_int8
from training.quantization.io_tensors import name_io_tensors
from training.quantization.scaling import fold_rescaling


def test_the_int8_file_agrees_with_the_network(network: keras.Model, exported: bytes) -> None:
    photos = smooth_photos(100, seed=9)

    agreed = compared(network, exported, photos)

    assert agreed.photos == 100
    assert agreed.top1 >= 0.95
    assert agreed.embedding_cosine > 0.99


def test_xnnpack_runs_it_in_one_partition(exported: bytes) -> None:
    taken = partitions(exported)

    assert taken.count == 1
    assert set(taken.undelegated) <= {"QUANTIZE"}


def test_the_signature_names_the_tensors(exported: bytes) -> None:
    interpreter = Interpreter(model_content=exported)
    photo = smooth_photos(1, seed=10)

    by_signature = interpreter.get_signature_runner("serving_default")(image=photo)

    by_name = {output["name"]: output["index"] for output in interpreter.get_output_details()}
    assert by_signature.keys() == by_name.keys() == {"logits", "embedding", "evidence"}
    for name, index in by_name.items():
        np.testing.assert_array_equal(by_signature[name], interpreter.get_tensor(index))


def test_the_mean_of_the_evidence_equals_the_logits(exported: bytes) -> None:
    interpreter = Interpreter(model_content=exported)
    interpreter.allocate_tensors()
    outputs = {output["name"]: output for output in interpreter.get_output_details()}

    for photo in smooth_photos(5, seed=23):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], photo[np.newaxis])
        interpreter.invoke()
        stored = {name: interpreter.get_tensor(output["index"])[0] for name, output in outputs.items()}
        scales = {name: output["quantization"] for name, output in outputs.items()}
        evidence, logits = (
            scales[name][0] * (stored[name].astype(np.float32) - scales[name][1])
            for name in ("evidence", "logits")
        )
        assert evidence.shape[-1] == len(logits) == CLASSES
        # A logit at the end of its range is cut off. Roundings of single positions mostly cancel in the mean.
        inside = (stored["logits"] > -128) & (stored["logits"] < 127)
        assert inside.any()
        difference = np.abs(evidence.mean(axis=(0, 1)) - logits)[inside]
        assert difference.max() < scales["logits"][0] + scales["evidence"][0]


def test_the_float_formats_have_the_int8_ones_tensors(files: dict[NumericFormat, bytes]) -> None:
    shapes = {}
    for name, tflite in files.items():
        interpreter = Interpreter(model_content=tflite)
        shapes[name] = {o["name"]: tuple(o["shape"]) for o in interpreter.get_output_details()}
        assert interpreter.get_input_details()[0]["name"] == "image"

    assert shapes["fp32"] == shapes["fp16"] == shapes["dynamic"] == shapes["int8"]


def test_an_outlier_photo_does_not_widen_the_ranges() -> None:
    network = small_xception(seed=11)
    spike_on_checkerboards(network)
    representative = np.concatenate([smooth_photos(39, seed=12), checkerboard()[np.newaxis]])
    photos = smooth_photos(60, seed=13)

    careful, plain = (
        compared(network, export(network, representative), photos)
        for export in (quantize, _plainly_converted)
    )

    assert careful.top1 >= 0.95
    assert plain.mean_logit_difference > 4 * careful.mean_logit_difference


def test_dark_photos_keep_the_input_scale_1() -> None:
    network = small_xception(seed=14)

    exported = quantize(network, smooth_photos(8, seed=15) // 4 + 30)

    interpreter = Interpreter(model_content=exported)
    assert interpreter.get_input_details()[0]["quantization"] == (1.0, 0)


def test_photos_of_another_size_are_rejected(network: keras.Model) -> None:
    with pytest.raises(TrainingError, match=r"uint8\[4, 16, 16, 3\]"):
        quantize(network, np.zeros((4, 16, 16, 3), np.uint8))


def test_float_photos_are_rejected(network: keras.Model) -> None:
    with pytest.raises(TrainingError, match="float32"):
        quantize(network, np.zeros((4, SIZE, SIZE, 3), np.float32))


def test_one_photo_is_too_few(network: keras.Model) -> None:
    with pytest.raises(TrainingError, match="At least 2"):
        quantize(network, smooth_photos(1, seed=16))


def test_outputs_without_names_are_rejected() -> None:
    pixels = keras.Input((SIZE, SIZE, 3))

    with pytest.raises(TrainingError, match="in a dictionary"):
        quantize(keras.Model(pixels, keras.layers.Flatten()(pixels)), smooth_photos(4, seed=17))


def _plainly_converted(network: keras.Model, photos: np.ndarray) -> bytes:
    with saved_model(fold_rescaling(inference_clone(network))) as folder:
        model = flatbuffer.read(to_int8(calibrate_model(folder, photos)))
    name_io_tensors(model)
    return flatbuffer.write(model)
