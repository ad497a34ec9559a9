"""Inspect a TFLite file and check that it is full int8."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from training.errors import TrainingError
from training.quantization.flatbuffer import operator_name, read
from training.quantization.fusion import ACTIVATIONS
from training.quantization.private_names import schema

INT8, UINT8, INT32 = schema.TensorType.INT8, schema.TensorType.UINT8, schema.TensorType.INT32
_TYPES = {code: name for name, code in vars(schema.TensorType).items() if isinstance(code, int)}
_SHOWN = 3


class NotInt8Error(TrainingError):
    """The export has an operator or tensor that is not int8."""


@dataclass(frozen=True, slots=True)
class IOTensor:
    """An input or output of the graph: ``real = scale * (stored - zero_point)``."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int


@dataclass(frozen=True, slots=True)
class GraphSummary:
    """Summary of a full-int8 graph.

    Attributes
    ----------
    operators : dict of str to int
        Number of each kind.
    lone_activations : int
        Number of stand-alone activations.
    per_channel : bool
        Whether every convolution's weights have a scale for each channel.
    inputs, outputs : tuple of Port
        In the order of the graph.
    signatures : tuple of str
        Names of the signatures.
    size : int
        Of the file, bytes.
    """

    operators: dict[str, int]
    unfused_activations: int
    per_channel: bool
    inputs: tuple[IOTensor, ...]
    outputs: tuple[IOTensor, ...]
    signatures: tuple[str, ...]
    size: int


def inspect(tflite: bytes) -> GraphSummary:
    """Summarize a full-int8 export.

    Raises
    ------
    NotInt8Error
        The graph has custom or TensorFlow operators, or tensors that are not integer: every value
        must be int8 (uint8 at the input), every constant int8 or int32.
    training.errors.TrainingError
        The bytes are not a TFLite file.
    """
    model = read(tflite)
    _reject_custom_operators(model)
    for subgraph in model.subgraphs:
        _reject_other_types(model, subgraph)
    graph = model.subgraphs[0]
    operators = Counter(operator_name(model, operator) for operator in graph.operators)
    return GraphSummary(
        operators=dict(operators),
        unfused_activations=sum(operators[name] for name in ACTIVATIONS),
        per_channel=all(_per_channel(graph, operator) for operator in _convolutions(model, graph)),
        inputs=tuple(_io_tensor(graph, index) for index in graph.inputs),
        outputs=tuple(_io_tensor(graph, index) for index in graph.outputs),
        signatures=tuple(signature.signatureKey.decode() for signature in model.signatureDefs or []),
        size=len(tflite),
    )


def _reject_custom_operators(model: Any) -> None:
    custom = sorted({code.customCode.decode() for code in model.operatorCodes if code.customCode})
    if custom:
        raise NotInt8Error(f"LiteRT has no such operators: {', '.join(custom)}.")


def _reject_other_types(model: Any, subgraph: Any) -> None:
    used = {int(index) for op in subgraph.operators for index in [*op.inputs, *op.outputs] if index >= 0}
    wrong = [
        f"{tensor.name.decode()} ({_TYPES[tensor.type]})"
        for index in sorted(used | {*subgraph.inputs, *subgraph.outputs})
        if (tensor := subgraph.tensors[index]).type not in _allowed(model, subgraph, index)
        or (tensor.type in {INT8, UINT8} and not _quantized(tensor))
    ]
    if wrong:
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise NotInt8Error(f"The export is not full int8: {', '.join(wrong[:_SHOWN])}{more}.")


def _allowed(model: Any, subgraph: Any, index: int) -> set[int]:
    if index in subgraph.inputs:
        return {INT8, UINT8}
    data = model.buffers[subgraph.tensors[index].buffer].data
    return {INT8} if data is None or not len(data) else {INT8, INT32}


def _quantized(tensor: Any) -> bool:
    return tensor.quantization is not None and tensor.quantization.scale is not None


def _convolutions(model: Any, graph: Any) -> list[Any]:
    return [op for op in graph.operators if operator_name(model, op) in {"CONV_2D", "DEPTHWISE_CONV_2D"}]


def _per_channel(graph: Any, convolution: Any) -> bool:
    channels = graph.tensors[convolution.outputs[0]].shape[-1]
    return bool(len(graph.tensors[convolution.inputs[1]].quantization.scale) == channels)


def _io_tensor(graph: Any, index: int) -> IOTensor:
    tensor = graph.tensors[index]
    return IOTensor(
        name=tensor.name.decode(),
        shape=tuple(int(side) for side in tensor.shape),
        dtype=_TYPES[tensor.type].lower(),
        scale=float(tensor.quantization.scale[0]),
        zero_point=int(tensor.quantization.zeroPoint[0]),
    )
