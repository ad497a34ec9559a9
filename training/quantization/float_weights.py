"""Read the weights of a full-int8 export as floats."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.quantization.flatbuffer import operator_name
from training.quantization.private_names import schema

_TYPES = {schema.TensorType.INT8: np.int8, schema.TensorType.INT32: np.int32}


@dataclass(frozen=True, slots=True)
class FloatWeights:
    """Weights of a convolution or a dense layer, in Keras' layout.

    Attributes
    ----------
    kernel
        ``float32[H, W, I, O]``, of a depthwise convolution ``[H, W, C, 1]``, of a dense layer ``[I, O]``.
    bias
        ``float32[O]``.
    """

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


def convolutions(model: Any) -> Iterator[FloatWeights]:
    """Return the weights of each convolution, in the order of the graph.

    Parameters
    ----------
    model : schema.ModelT
        A full-int8 export.
    """
    graph = model.subgraphs[0]
    for operator in graph.operators:
        # Stored as [O, H, W, I], and [1, H, W, C].
        if operator_name(model, operator) in {"CONV_2D", "DEPTHWISE_CONV_2D"}:
            yield _weights(model, operator, (1, 2, 3, 0))


def dense(model: Any, output: str) -> FloatWeights:
    """Return the weights of the dense layer that computes an output of the graph.

    Raises
    ------
    training.errors.TrainingError
        There is no such output, or it comes from another operator.
    """
    graph = model.subgraphs[0]
    for operator in graph.operators:
        name = graph.tensors[operator.outputs[0]].name.decode()
        if name == output and operator_name(model, operator) == "FULLY_CONNECTED":
            return _weights(model, operator, (1, 0))
    raise TrainingError(f"The model has no dense layer for the output {output}.")


def _weights(model: Any, operator: Any, axes: tuple[int, ...]) -> FloatWeights:
    tensors = model.subgraphs[0].tensors
    _, stored, *bias = (index for index in operator.inputs if index >= 0)
    kernel = _floats(model, tensors[stored]).transpose(axes)
    # A layer of zeros has no bias.
    width = tensors[operator.outputs[0]].shape[-1]
    return FloatWeights(kernel, _floats(model, tensors[bias[0]]) if bias else np.zeros(width, np.float32))


def _floats(model: Any, tensor: Any) -> NDArray[np.float32]:
    stored = np.frombuffer(bytes(model.buffers[tensor.buffer].data), _TYPES[tensor.type])
    quantization, scale = tensor.quantization, np.ones(len(tensor.shape), int)
    # One scale for each channel, along one axis; weights have no zero point.
    scale[quantization.quantizedDimension] = -1
    floats: NDArray[np.float32] = stored.reshape(tensor.shape) * np.reshape(quantization.scale, scale)
    return floats.astype(np.float32)
