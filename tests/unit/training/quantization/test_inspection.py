from pathlib import Path

import keras
import pytest
import tensorflow as tf

from tests.support.tiny_model import float_model
from tests.unit.training.quantization.small_xception import CLASSES, SIZE
from training.errors import TrainingError
from training.quantization import NotInt8Error, inspect


def test_summary_of_a_full_int8_export(exported: bytes) -> None:
    facts = inspect(exported)

    assert facts.per_channel
    assert facts.unfused_activations == 0
    assert facts.signatures == ("serving_default",)
    assert facts.size == len(exported)
    (image,) = facts.inputs
    assert (image.shape, image.dtype, image.scale, image.zero_point) == ((1, SIZE, SIZE, 3), "uint8", 1.0, 0)
    outputs = {port.name: port for port in facts.outputs}
    assert {name: port.shape for name, port in outputs.items()} == {
        "logits": (1, CLASSES),
        "embedding": (1, 8),
        "evidence": (1, 8, 8, CLASSES),
    }
    assert {port.dtype for port in facts.outputs} == {"int8"}


def test_a_float_export_is_rejected(tmp_path: Path) -> None:
    pixels = keras.Input((8,))
    network = keras.Model(pixels, keras.layers.Dense(2)(keras.layers.Dense(3, activation="tanh")(pixels)))
    network.export(tmp_path, verbose=False)
    floating = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path)).convert()

    with pytest.raises(NotInt8Error, match=r"FLOAT32.*and .* more"):
        inspect(floating)


def test_float_outputs_are_rejected() -> None:
    with pytest.raises(NotInt8Error, match=r"logits \(FLOAT32\)"):
        inspect(float_model())


def test_tensorflow_operators_are_rejected(tmp_path: Path) -> None:
    module = tf.Module()
    module.serve = tf.function(tf.linalg.det, input_signature=[tf.TensorSpec((1, 4, 4), tf.float32)])
    tf.saved_model.save(module, str(tmp_path))
    converter = tf.lite.TFLiteConverter.from_saved_model(str(tmp_path))
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]

    with pytest.raises(NotInt8Error, match="FlexMatrixDeterminant"):
        inspect(converter.convert())


@pytest.mark.parametrize("content", [b"", b"no model", b"\x1c\x00\x00\x00TFL3" + bytes(100)])
def test_other_bytes_are_rejected(content: bytes) -> None:
    with pytest.raises(TrainingError):
        inspect(content)


def test_a_truncated_export_is_rejected(exported: bytes) -> None:
    with pytest.raises(TrainingError, match="damaged"):
        inspect(exported[: len(exported) // 3])
