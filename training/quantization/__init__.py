"""Full-int8 TFLite export of a trained Keras model, and how true to the model it is."""

from training.quantization.agreement import Agreement, agreement
from training.quantization.export import quantize
from training.quantization.facts import GraphFacts, NotInt8Error, Port, inspect
from training.quantization.partitions import Partitions, partitions

__all__ = [
    "Agreement",
    "GraphFacts",
    "NotInt8Error",
    "Partitions",
    "Port",
    "agreement",
    "inspect",
    "partitions",
    "quantize",
]
