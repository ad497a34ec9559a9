"""How LiteRT cuts a graph between XNNPACK and its own kernels."""

from dataclasses import dataclass
from typing import Any

from ai_edge_litert.interpreter import Interpreter


@dataclass(frozen=True, slots=True)
class Partitions:
    """Pieces of the graph that XNNPACK runs, and the operators that it left.

    Attributes
    ----------
    count : int
        Pieces that XNNPACK runs.
    left : tuple of str
        Kinds of the operators that run outside, in the order of the graph.
    """

    count: int
    left: tuple[str, ...]


def partitions(tflite: bytes) -> Partitions:
    """Load a model and tell how XNNPACK took it.

    The interpreter lists the graph's operators and, after them, one node of the kind ``DELEGATE`` for
    each piece. Which operators a piece holds is not told: they are those between its outputs and its
    inputs.
    """
    interpreter = Interpreter(model_content=tflite, num_threads=1)
    interpreter.allocate_tensors()
    nodes = interpreter._get_ops_details()  # noqa: SLF001 - there is no public way to see the pieces
    pieces = [node for node in nodes if node["op_name"] == "DELEGATE"]
    operators = [node for node in nodes if node["op_name"] != "DELEGATE"]
    makers = {int(tensor): node for node in operators for tensor in node["outputs"]}
    taken = {index for piece in pieces for index in _inside(piece, makers)}
    left = tuple(node["op_name"] for node in operators if node["index"] not in taken)
    return Partitions(len(pieces), left)


def _inside(piece: dict[str, Any], makers: dict[int, dict[str, Any]]) -> set[int]:
    border = {int(tensor) for tensor in piece["inputs"]}
    inside: set[int] = set()
    pending = [int(tensor) for tensor in piece["outputs"]]
    while pending:
        tensor = pending.pop()
        if tensor in border or tensor not in makers or makers[tensor]["index"] in inside:
            continue
        inside.add(makers[tensor]["index"])
        pending += [int(source) for source in makers[tensor]["inputs"]]
    return inside
