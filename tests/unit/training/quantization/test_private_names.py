"""The export uses private names of TensorFlow and LiteRT, in one module. A test fails when a name moves."""

import importlib
import re
from operator import attrgetter

import keras
import pytest
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter

from tests.conftest import ROOT

SCHEMA = "ai_edge_litert.schema_py_generated"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("tensorflow.lite.python.convert", "mlir_quantize"),
        (SCHEMA, "Model.ModelBufferHasIdentifier"),
        (SCHEMA, "ModelT.InitFromPackedBuf"),
        (SCHEMA, "ModelT.Pack"),
        (SCHEMA, "BufferT.Pack"),
        (SCHEMA, "BuiltinOperator.CONV_2D"),
        (SCHEMA, "ActivationFunctionType.RELU"),
        (SCHEMA, "TensorType.INT8"),
        (SCHEMA, "MetadataT"),
    ],
)
def test_a_name_exists(module: str, name: str) -> None:
    try:
        attrgetter(name)(importlib.import_module(module))
    except (ImportError, AttributeError) as error:
        pytest.fail(f"{module} has no {name} any more, which the export uses: {error}")


def test_they_stand_in_one_module() -> None:
    private = re.compile(r"_experimental_calibrate_only|mlir_quantize|_get_ops_details|schema_py_generated")
    modules = (ROOT / "training").rglob("*.py")
    assert [path.name for path in modules if private.search(path.read_text())] == ["private_names.py"]


def test_the_converter_can_stop_after_calibration() -> None:
    name = "_experimental_calibrate_only"
    converter = tf.lite.TFLiteConverter.from_keras_model
    assert callable(converter)
    assert hasattr(tf.lite.TFLiteConverter([], None), name), (
        f"TFLiteConverter has no {name} any more, which private_names.calibrate sets"
    )


def test_the_interpreter_lists_its_operators(exported: bytes) -> None:
    name = "_get_ops_details"
    assert hasattr(Interpreter, name), (
        f"LiteRT's Interpreter has no {name} any more, which private_names.operators calls"
    )
    interpreter = Interpreter(model_content=exported)
    interpreter.allocate_tensors()
    first, *_ = getattr(interpreter, name)()
    assert {"index", "op_name", "inputs", "outputs"} <= set(first), (
        f"{name} describes operators in another form than training/quantization/partitions.py reads: {first}"
    )


def test_a_nested_model_starts_with_convert_to_tensor() -> None:
    inner_input = keras.Input((2,))
    inner = keras.Model(inner_input, keras.layers.Dense(1)(inner_input))
    outer_input = keras.Input((2,))
    outer = keras.Model(outer_input, inner.call(outer_input))
    kinds = {type(operation).__name__ for operation in outer.operations}
    assert kinds <= {"InputLayer", "Dense", "ConvertToTensor"}, (
        f"Keras adds {kinds} when a nested model is called, but training/quantization/clone.py removes "
        "ConvertToTensor only"
    )
