"""Full-int8 TFLite export of a trained Keras model, and how true to the model it is."""

from training.quantization.agreement import Agreement, Predictions, agreement, predict_all
from training.quantization.comparison import Answers, Comparison, VariantFacts, ask, compare
from training.quantization.export import Variant, quantize, variants
from training.quantization.inspection import GraphFacts, NotInt8Error, Port, inspect
from training.quantization.partitions import Partitions, partitions
from training.quantization.sqnr import LayerNoise, noise_by_layer

__all__ = [
    "Agreement",
    "Answers",
    "Comparison",
    "GraphFacts",
    "LayerNoise",
    "NotInt8Error",
    "Partitions",
    "Port",
    "Predictions",
    "Variant",
    "VariantFacts",
    "agreement",
    "ask",
    "compare",
    "inspect",
    "noise_by_layer",
    "partitions",
    "predict_all",
    "quantize",
    "variants",
]
