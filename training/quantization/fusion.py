"""Fuse activations into the operators before them.

XNNPACK does not run a stand-alone int8 RELU. Xception has eleven, after residual sums that are read without
RELU, too. They run on one thread outside XNNPACK and cut the graph into pieces.
"""

import copy
import logging
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.quantization.flatbuffer import operator_name
from training.quantization.private_names import schema

log = logging.getLogger(__name__)

ACTIVATIONS = {
    "RELU": schema.ActivationFunctionType.RELU,
    "RELU6": schema.ActivationFunctionType.RELU6,
    "RELU_N1_TO_1": schema.ActivationFunctionType.RELU_N1_TO_1,
}
# Cheap enough to compute twice where both the sum and its activation are read.
SUMS = {"ADD", "SUB", "MUL"}
PRODUCTS = {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
# Their output must have the quantization of their input.
POOLS = {"MAX_POOL_2D", "AVERAGE_POOL_2D"}


@dataclass(frozen=True, slots=True)
class FusionResult:
    """The stand-alone activations that were fused, and those that were not.

    Attributes
    ----------
    fused : tuple of str
        Output tensors of the fused activations.
    unfused : dict of str to str
        Output tensors of the other activations, with the reason.
    """

    fused: tuple[str, ...]
    unfused: dict[str, str]


def fuse_activations(model: Any) -> FusionResult:
    """Rewrite each stand-alone activation as a copy of the operator before it with the activation fused.

    The activation's output keeps its quantization, with one rounding less. The operator before it remains
    where its own output is still read. Activations that cannot be fused are logged.

    Parameters
    ----------
    model : schema.ModelT
        Changed in place.
    """
    fused: list[str] = []
    unfused: dict[str, str] = {}
    for subgraph in model.subgraphs:
        _fuse(model, subgraph, fused, unfused)
    for tensor, reason in unfused.items():
        log.warning("The activation %s is not fused: %s", tensor, reason)
    return FusionResult(tuple(fused), unfused)


def _fuse(model: Any, subgraph: Any, fused: list[str], unfused: dict[str, str]) -> None:
    for position, operator in enumerate(list(subgraph.operators)):
        if operator_name(model, operator) not in ACTIVATIONS:
            continue
        name = subgraph.tensors[operator.outputs[0]].name.decode()
        before = _producer(subgraph, operator.inputs[0])
        reason = _obstacle(model, subgraph, before, operator)
        if reason:
            unfused[name] = reason
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
        return f"{kind} before it cannot fuse an activation"
    if before.builtinOptions.fusedActivationFunction != schema.ActivationFunctionType.NONE:
        return f"{kind} before it already has an activation"
    if kind not in SUMS and _readers(subgraph, before.outputs[0]) != 1:
        return f"the output of {kind} has another reader, and computing it twice would cost more"
    if kind in POOLS and not _same_quantization(subgraph, before.outputs[0], activation.outputs[0]):
        return f"{kind} cannot change the quantization"
    return None


def _activated(operator: Any, activation: int, outputs: Any) -> Any:
    twin = copy.copy(operator)
    twin.builtinOptions = copy.copy(operator.builtinOptions)
    twin.builtinOptions.fusedActivationFunction = activation
    twin.outputs = outputs
    return twin


def _producer(subgraph: Any, tensor: int) -> Any:
    producers = (operator for operator in _present(subgraph) if tensor in operator.outputs)
    return next(producers, None)


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
