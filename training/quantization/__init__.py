"""Full-int8 TFLite export of a Keras model, and its agreement with that model."""

from training.quantization.agreement import Agreement, Predictions, agreement, predict_all
from training.quantization.comparison import (
    Comparison,
    FormatMetrics,
    TimedLogits,
    compare_formats,
    run_interpreter,
)
from training.quantization.inspection import GraphSummary, IOTensor, NotInt8Error, inspect
from training.quantization.partitions import Partitions, partitions
from training.quantization.sqnr import LayerSQNR, sqnr_by_layer
from training.quantization.tflite_export import NumericFormat, export_all_formats, quantize

__all__ = [
    "Agreement",
    "Comparison",
    "FormatMetrics",
    "GraphSummary",
    "IOTensor",
    "LayerSQNR",
    "NotInt8Error",
    "NumericFormat",
    "Partitions",
    "Predictions",
    "TimedLogits",
    "agreement",
    "compare_formats",
    "export_all_formats",
    "inspect",
    "partitions",
    "predict_all",
    "quantize",
    "run_interpreter",
    "sqnr_by_layer",
]
