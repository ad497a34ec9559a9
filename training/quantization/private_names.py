"""Every name outside the documented interfaces of TensorFlow and LiteRT that the export uses.

A next release may move them. So no other module uses one, and each has a test that fails clearly.
"""

from typing import TYPE_CHECKING, Any

from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["calibrate", "operators", "quantize", "schema"]


def calibrate(converter: "tf.lite.TFLiteConverter") -> bytes:
    """Convert a model to float TFLite with a range for each tensor.

    TensorFlow's quantization debugger stops here, too, to change a model before it is quantized.

    Parameters
    ----------
    converter : tf.lite.TFLiteConverter
        It has a representative data set.
    """
    converter._experimental_calibrate_only = True  # noqa: SLF001
    return bytes(converter.convert())


def quantize(model: bytes) -> bytes:
    """Quantize a calibrated model: input uint8, output int8.

    Parameters
    ----------
    model : bytes
        From :func:`calibrate`.
    """
    # The modules that only read a model's graph do not wait for TensorFlow.
    import tensorflow as tf  # noqa: PLC0415
    from tensorflow.lite.python.convert import mlir_quantize  # noqa: PLC0415

    return bytes(mlir_quantize(model, input_data_type=tf.uint8, output_data_type=tf.int8))


def operators(interpreter: Interpreter) -> list[dict[str, Any]]:
    """Return the operators of a loaded model, each with ``index``, ``op_name``, ``inputs`` and ``outputs``.

    Partitions of a delegate are listed, too, after the operators of the graph.
    """
    return list(interpreter._get_ops_details())  # noqa: SLF001
