"""Read the operators of a TFLite network, and extract each as a network of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from training.quantization.flatbuffer import operator_name, read, write

Shape = tuple[int, ...]
_BYTES = {
    schema.TensorType.INT8: 1,
    schema.TensorType.UINT8: 1,
    schema.TensorType.INT32: 4,
    schema.TensorType.FLOAT32: 4,
}


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator with its arithmetic and memory traffic.

    Attributes
    ----------
    index
        Position in the graph.
    kind
        Kind for people: ``1×1 convolution``.
    shapes
        Shapes of its inputs, weights included, and its output.
    options
        Options that distinguish operators: strides, padding, fused activation.
    macs
        Multiply-accumulates.
    bytes
        Size of its inputs, weights and output: the memory traffic without caches.
    """

    index: int
    kind: str
    shapes: tuple[Shape, ...]
    options: str
    macs: int
    bytes: int

    @property
    def signature(self) -> tuple[Any, ...]:
        """Key that operators of equal time share."""
        return self.kind, self.shapes, self.options


def operators(tflite: bytes) -> list[Operator]:
    """Return the operators of a network in the order of the graph."""
    model = read(tflite)
    graph = model.subgraphs[0]
    return [_described(model, graph, index) for index in range(len(graph.operators))]


def extract(tflite: bytes, index: int) -> bytes:
    """Return a network of one operator with its weights; its other inputs become the network's inputs."""
    return write(_cut_out(read(tflite), index))


def enlarged(tflite: bytes, index: int, side: int, channels: int) -> bytes:
    """Return a network of one enlarged 1×1 convolution, which is a matrix product.

    Parameters
    ----------
    tflite, index
        Network, and index of the operator; its other properties stay.
    side
        Height and width of the input and the output.
    channels
        Channels of both.
    """
    model = _cut_out(read(tflite), index)
    graph = model.subgraphs[0]
    operator = graph.operators[0]
    pixels, weights, bias = (graph.tensors[place] for place in operator.inputs)
    pixels.shape = graph.tensors[operator.outputs[0]].shape = [1, side, side, channels]
    weights.shape, bias.shape = [channels, 1, 1, channels], [channels]
    draw = np.random.default_rng(0)
    model.buffers[weights.buffer].data = (
        draw.integers(-127, 128, channels * channels).astype(np.int8).view(np.uint8)
    )
    model.buffers[bias.buffer].data = np.zeros(4 * channels, np.uint8)
    for tensor in (weights, bias):
        tensor.quantization.scale = np.resize(tensor.quantization.scale, channels)
        tensor.quantization.zeroPoint = np.resize(tensor.quantization.zeroPoint, channels)
    return write(model)


def _described(model: Any, graph: Any, index: int) -> Operator:
    operator = graph.operators[index]
    name = operator_name(model, operator)
    tensors = [graph.tensors[place] for place in [*operator.inputs, *operator.outputs] if place >= 0]
    shapes = tuple(tuple(int(side) for side in tensor.shape) for tensor in tensors)
    size = sum(prod(shape) * _BYTES[tensor.type] for tensor, shape in zip(tensors, shapes, strict=True))
    options = str(sorted(vars(operator.builtinOptions).items())) if operator.builtinOptions else ""
    return Operator(index, _kind(name, shapes), shapes, options, _macs(name, shapes), size)


def _kind(name: str, shapes: Sequence[Shape]) -> str:
    words = {"CONV_2D": "convolution", "DEPTHWISE_CONV_2D": "depthwise convolution"}
    if name in words:
        height, width = shapes[1][1:3]
        return f"{height}×{width} {words[name]}"
    return name.lower().replace("_2d", "").replace("_", " ")


def _macs(name: str, shapes: Sequence[Shape]) -> int:
    """Count multiply-accumulates: each output value needs one per weight that it depends on."""
    if name not in {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}:
        return 0
    kernel, output = shapes[1], shapes[-1]
    # Kernels are [out, h, w, in] and [out, in]; depthwise ones [1, h, w, out].
    depends_on = prod(kernel[1:3]) if name == "DEPTHWISE_CONV_2D" else prod(kernel[1:])
    return prod(output) * depends_on


def _cut_out(model: Any, index: int) -> Any:
    graph = model.subgraphs[0]
    operator = graph.operators[index]
    places: list[int] = []
    for place in [*operator.inputs, *operator.outputs]:
        if place >= 0 and place not in places:
            places.append(int(place))
    cut, part = schema.ModelT(), schema.SubGraphT()
    cut.version, cut.description = model.version, b"one operator"
    cut.operatorCodes, cut.subgraphs = [model.operatorCodes[operator.opcodeIndex]], [part]
    part.tensors, cut.buffers = [graph.tensors[place] for place in places], [schema.BufferT()]
    part.inputs = [
        number
        for number, place in enumerate(places)
        if place in operator.inputs and not _constant(model, graph, place)
    ]
    for number, tensor in enumerate(part.tensors):
        buffer = model.buffers[tensor.buffer]
        tensor.buffer = 0 if buffer.data is None else len(cut.buffers)
        tensor.name = f"tensor {number}".encode()
        if buffer.data is not None:
            cut.buffers.append(buffer)
    operator.inputs = [places.index(place) if place >= 0 else -1 for place in operator.inputs]
    operator.outputs = part.outputs = [places.index(place) for place in operator.outputs]
    operator.opcodeIndex, part.operators = 0, [operator]
    return cut


def _constant(model: Any, graph: Any, place: int) -> bool:
    data = model.buffers[graph.tensors[place].buffer].data
    return data is not None and len(data) > 0
