"""Activations fused into the operators before them.

XNNPACK takes no int8 RELU that stands alone. Xception has eleven, after residual sums whose plain value
is needed too: they run outside, on one thread, and cut the graph into pieces.
"""

import copy
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from training.quantization.flatbuffer import operator_name

log = logging.getLogger(__name__)

ACTIVATIONS = {
    "RELU": schema.ActivationFunctionType.RELU,
    "RELU6": schema.ActivationFunctionType.RELU6,
    "RELU_N1_TO_1": schema.ActivationFunctionType.RELU_N1_TO_1,
}
# Cheap enough to compute twice where both the plain and the activated value are read.
SUMS = {"ADD", "SUB", "MUL"}
PRODUCTS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
# Their output must have the quantization of their input.
POOLS = {"MAX_POOL_2D", "AVERAGE_POOL_2D"}


@dataclass(frozen=True, slots=True)
class Fusion:
    """What became of the activations that stood alone.

    Attributes
    ----------
    fused : tuple of str
        Output tensors of those that were fused.
    kept : dict of str to str
        Output tensors of those that still stand alone, with the reason.
    """

    fused: tuple[str, ...]
    kept: dict[str, str]


def fuse_activations(model: Any) -> Fusion:
    """Rewrite each stand-alone activation as a copy of the operator before it with the activation fused.

    The activation's output keeps its quantization, and one rounding less lies before it. The operator
    before it stays where its plain output is still read. What cannot be fused is logged.

    Parameters
    ----------
    model : schema.ModelT
        Changed in place.
    """
    fused: list[str] = []
    kept: dict[str, str] = {}
    for subgraph in model.subgraphs:
        _fuse(model, subgraph, fused, kept)
    for tensor, reason in kept.items():
        log.warning("The activation %s stays alone: %s", tensor, reason)
    return Fusion(tuple(fused), kept)


def _fuse(model: Any, subgraph: Any, fused: list[str], kept: dict[str, str]) -> None:
    for position, operator in enumerate(list(subgraph.operators)):
        if operator_name(model, operator) not in ACTIVATIONS:
            continue
        name = subgraph.tensors[operator.outputs[0]].name.decode()
        before = _maker(subgraph, operator.inputs[0])
        reason = _obstacle(model, subgraph, before, operator)
        if reason:
            kept[name] = reason
            continue
        activation = ACTIVATIONS[operator_name(model, operator)]
        subgraph.operators[position] = _activated(before, activation, operator.outputs)
        if not _readers(subgraph, before.outputs[0]):
            subgraph.operators[_place(subgraph, before)] = None
        fused.append(name)
    subgraph.operators = [operator for operator in subgraph.operators if operator is not None]


def _obstacle(model: Any, subgraph: Any, before: Any, activation: Any) -> str | None:
    if before is None:
        return "it reads an input of the graph"
    kind = operator_name(model, before)
    if kind not in SUMS | PRODUCTS | POOLS:
        return f"{kind} before it takes no activation"
    if before.builtinOptions.fusedActivationFunction != schema.ActivationFunctionType.NONE:
        return f"{kind} before it has an activation of its own"
    if kind not in SUMS and _readers(subgraph, before.outputs[0]) != 1:
        return f"the plain output of {kind} is read too, and computing it twice would cost more"
    if kind in POOLS and not _same_quantization(subgraph, before.outputs[0], activation.outputs[0]):
        return f"{kind} cannot change the quantization"
    return None


def _activated(operator: Any, activation: int, outputs: Any) -> Any:
    twin = copy.copy(operator)
    twin.builtinOptions = copy.copy(operator.builtinOptions)
    twin.builtinOptions.fusedActivationFunction = activation
    twin.outputs = outputs
    return twin


def _maker(subgraph: Any, tensor: int) -> Any:
    makers = (operator for operator in _present(subgraph) if tensor in operator.outputs)
    return next(makers, None)


def _readers(subgraph: Any, tensor: int) -> int:
    readers = sum(tensor in operator.inputs for operator in _present(subgraph))
    return readers + (tensor in subgraph.outputs)


def _present(subgraph: Any) -> list[Any]:
    return [operator for operator in subgraph.operators if operator is not None]


def _place(subgraph: Any, operator: Any) -> int:
    return next(place for place, other in enumerate(subgraph.operators) if other is operator)


def _same_quantization(subgraph: Any, first: int, second: int) -> bool:
    one, other = (subgraph.tensors[index].quantization for index in (first, second))
    return np.array_equal(one.scale, other.scale) and np.array_equal(one.zeroPoint, other.zeroPoint)
