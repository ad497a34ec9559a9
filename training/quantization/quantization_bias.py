"""Bias correction after quantization (Nagel et al. 2019, arXiv:1906.04721, section 4.2)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.progress import track
from training.quantization.flatbuffer import operator_name, read
from training.quantization.private_names import schema
from training.quantization.tensors import values_by_photo

PRODUCTS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}


def correct_biases(graph: Any, exact: bytes, photos: NDArray[np.uint8]) -> None:
    """Subtract the mean output error of the rounded weights from each bias.

    A rounding error of the weights times the mean of the input is a constant shift of the output. An int32
    bias has the resolution to remove it. Zero padding at the borders is treated as the mean.

    Parameters
    ----------
    graph : schema.ModelT
        The int8 file; its biases are changed in place.
    exact : bytes
        The float file of the same weights, with the same tensor names.
    photos : ndarray
        ``uint8[N, S, S, 3]``; some tens are enough for a mean.
    """
    true = read(exact)
    pairs = list(_pairs(graph, true))
    means = _input_means(exact, photos, [int(twin.inputs[0]) for _, twin in pairs])
    for operator, twin in pairs:
        weights, rounded = _weights(true, twin), _weights(graph, operator)
        shift = _shift(operator_name(graph, operator), weights - rounded, means[int(twin.inputs[0])])
        if shift is not None:
            _add(graph, operator, shift)


def _pairs(graph: Any, true: Any) -> list[tuple[Any, Any]]:
    """Return each operator with a bias, and its twin with the same output name in the float file."""
    producers = {true.subgraphs[0].tensors[op.outputs[0]].name: op for op in true.subgraphs[0].operators}
    tensors = graph.subgraphs[0].tensors
    return [
        (operator, producers[tensors[operator.outputs[0]].name])
        for operator in graph.subgraphs[0].operators
        if operator_name(graph, operator) in PRODUCTS
        and len(operator.inputs) > 2
        and operator.inputs[2] >= 0
        and tensors[operator.outputs[0]].name in producers
    ]


def _input_means(
    exact: bytes, photos: NDArray[np.uint8], tensors: list[int]
) -> dict[int, NDArray[np.float64]]:
    """Return the mean of each channel of these tensors, over photos and positions."""
    sums: dict[int, Any] = dict.fromkeys(tensors, 0.0)
    for values in track(values_by_photo(exact, photos), len(photos), "Correcting the biases"):
        for tensor, total in sums.items():
            activation = values(tensor)
            sums[tensor] = total + activation.reshape(-1, activation.shape[-1]).mean(axis=0)
    return {tensor: total / len(photos) for tensor, total in sums.items()}


def _weights(model: Any, operator: Any) -> NDArray[np.float64]:
    tensor = model.subgraphs[0].tensors[operator.inputs[1]]
    stored, quantization = model.buffers[tensor.buffer].data, tensor.quantization
    if tensor.type == schema.TensorType.FLOAT32:
        return np.asarray(stored).view(np.float32).reshape(tensor.shape).astype(np.float64)
    # Weights are symmetric: their zero point is 0.
    scale = np.ones(len(tensor.shape), int)
    scale[quantization.quantizedDimension] = -1
    stored = np.asarray(stored).view(np.int8).reshape(tensor.shape)
    real: NDArray[np.float64] = stored * quantization.scale.astype(np.float64).reshape(scale)
    return real


def _shift(kind: str, missing: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the mean output error by channel; None for a grouped convolution."""
    if kind == "DEPTHWISE_CONV_2D":  # [1, rows, columns, channels out]
        lost: NDArray[np.float64] = missing.sum(axis=(0, 1, 2))
        return lost * np.repeat(mean, len(lost) // len(mean))
    # [channels out, rows, columns, channels in], or without rows and columns
    lost = missing.reshape(len(missing), -1, missing.shape[-1]).sum(axis=1)
    return np.dot(lost, mean) if lost.shape[1] == len(mean) else None


def _add(graph: Any, operator: Any, shift: NDArray[np.float64]) -> None:
    subgraph = graph.subgraphs[0]
    tensor = subgraph.tensors[operator.inputs[2]]
    stored = np.asarray(graph.buffers[tensor.buffer].data).view(np.int32)
    corrected = stored + np.round(shift / tensor.quantization.scale).astype(np.int32)
    content = schema.BufferT(data=corrected.astype(np.int32).view(np.uint8))
    if sum(other.buffer == tensor.buffer for other in subgraph.tensors) == 1:
        graph.buffers[tensor.buffer] = content
    else:
        tensor.buffer = len(graph.buffers)
        graph.buffers.append(content)
