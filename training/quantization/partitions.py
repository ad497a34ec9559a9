"""Partition of a graph between the XNNPACK delegate and LiteRT's own kernels."""

from dataclasses import dataclass
from typing import Any

from ai_edge_litert.interpreter import Interpreter

from training.quantization.private_names import operators as list_operators


@dataclass(frozen=True, slots=True)
class Partitions:
    """Partitions that XNNPACK runs, and the operators outside them.

    Attributes
    ----------
    count : int
        Number of partitions that XNNPACK runs.
    undelegated : tuple of str
        Kinds of the operators outside, in the order of the graph.
    """

    count: int
    undelegated: tuple[str, ...]


def partitions(tflite: bytes) -> Partitions:
    """Load a model and return its XNNPACK partitions.

    The interpreter lists the graph's operators and, after them, one ``DELEGATE`` node for each partition. The
    operators of a partition are not listed; they are those between its outputs and its inputs.
    """
    interpreter = Interpreter(model_content=tflite, num_threads=1)
    interpreter.allocate_tensors()
    nodes = list_operators(interpreter)
    delegates = [node for node in nodes if node["op_name"] == "DELEGATE"]
    operators = [node for node in nodes if node["op_name"] != "DELEGATE"]
    producers = {int(tensor): node for node in operators for tensor in node["outputs"]}
    taken = {index for partition in delegates for index in _inside(partition, producers)}
    undelegated = tuple(node["op_name"] for node in operators if node["index"] not in taken)
    return Partitions(len(delegates), undelegated)


def _inside(partition: dict[str, Any], producers: dict[int, dict[str, Any]]) -> set[int]:
    border = {int(tensor) for tensor in partition["inputs"]}
    inside: set[int] = set()
    pending = [int(tensor) for tensor in partition["outputs"]]
    while pending:
        tensor = pending.pop()
        if tensor in border or tensor not in producers or producers[tensor]["index"] in inside:
            continue
        inside.add(producers[tensor]["index"])
        pending += [int(source) for source in producers[tensor]["inputs"]]
    return inside
