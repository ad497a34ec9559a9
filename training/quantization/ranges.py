"""Ranges of the int8 tensors that lose least, instead of those that reach farthest."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from training.progress import track
from training.quantization.flatbuffer import operator_name, read, write
from training.quantization.tensors import values_by_photo

LEVELS = 255
BINS = 2048
# Of each end of the range that was seen.
SHARES = np.linspace(0.3, 1, 36)
# Their outputs have to be of one scale with their inputs, so neither is touched.
PASSING_ON = {"MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD", "RESHAPE", "CONCATENATION", "TRANSPOSE"}


def narrow_ranges(model: bytes, photos: NDArray[np.uint8]) -> bytes:
    """Narrow each activation's range to where rounding and clipping together err least.

    The rarest values reach several times as far as the others; cutting them off makes the steps
    between the levels smaller for all (Nagel et al. 2021, arXiv:2106.08295, section 3.1.1).

    Parameters
    ----------
    model : bytes
        From :func:`training.quantization.conversion.calibrated`.
    photos : ndarray
        ``uint8[N, S, S, 3]``; some tens are enough.

    Returns
    -------
    bytes
        The same file with narrower ranges. Inputs and outputs of the graph keep theirs.
    """
    graph = read(model)
    tensors = graph.subgraphs[0].tensors
    seen = {index: _Seen.between(*_range(tensors[index])) for index in _inner(graph)}
    for values in track(values_by_photo(model, photos), len(photos), "Narrowing the ranges"):
        for index, histogram in seen.items():
            histogram.add(values(index))
    for index, histogram in seen.items():
        low, high = histogram.best_range()
        tensors[index].quantization.min = np.array([low], dtype=np.float32)
        tensors[index].quantization.max = np.array([high], dtype=np.float32)
    return write(graph)


@dataclass(slots=True)
class _Seen:
    """Which values a tensor had: counts in :data:`BINS` bins of equal width, the zeros apart."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def between(cls, low: float, high: float) -> "_Seen":
        return cls(np.linspace(low, high, BINS + 1), np.zeros(BINS, dtype=np.int64))

    def add(self, values: NDArray[np.float64]) -> None:
        # Zero has a level of its own, whatever the range, so it costs nothing.
        within = np.clip(values[values != 0], self.edges[0], self.edges[-1])
        self.counts += np.histogram(within, self.edges)[0]

    def best_range(self) -> tuple[float, float]:
        """Return the ends of the range with the least mean square error."""
        lowest, highest = self.edges[0], self.edges[-1]
        lows = SHARES * lowest if lowest < 0 else np.zeros(1)
        highs = SHARES * highest if highest > 0 else np.zeros(1)
        below = np.array([self._beyond(low - self._centres) for low in lows])
        above = np.array([self._beyond(self._centres - high) for high in highs])
        steps = (highs[None, :] - lows[:, None]) / LEVELS
        # A value anywhere between two levels is off by the step's twelfth part, squared, on average.
        error = below[:, None] + above[None, :] + self.counts.sum() * steps**2 / 12
        row, column = np.unravel_index(np.argmin(error), error.shape)
        return float(lows[row]), float(highs[column])

    @property
    def _centres(self) -> NDArray[np.float64]:
        return np.asarray((self.edges[1:] + self.edges[:-1]) / 2)

    def _beyond(self, distances: NDArray[np.float64]) -> float:
        return float((self.counts * np.maximum(distances, 0) ** 2).sum())


def _inner(graph: Any) -> Iterator[int]:
    """Yield the tensors between the operators whose range is free and was seen."""
    subgraph = graph.subgraphs[0]
    fixed = {int(index) for index in (*subgraph.inputs, *subgraph.outputs)}
    for operator in subgraph.operators:
        if operator_name(graph, operator) in PASSING_ON:
            fixed.update(int(index) for index in (*operator.inputs, *operator.outputs))
    for operator in subgraph.operators:
        for index in map(int, operator.outputs):
            low, high = _range(subgraph.tensors[index])
            if index not in fixed and low < high:
                yield index


def _range(tensor: Any) -> tuple[float, float]:
    """Return the range that a tensor was seen to have, with zero in it; (0, 0) if it was not seen."""
    quantization = tensor.quantization
    if tensor.type != schema.TensorType.FLOAT32 or quantization is None or quantization.min is None:
        return 0.0, 0.0
    return min(0.0, float(np.min(quantization.min))), max(0.0, float(np.max(quantization.max)))
