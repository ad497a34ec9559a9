"""Set the ranges of int8 activations by minimum mean square error."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.progress import track
from training.quantization.flatbuffer import operator_name, read, write
from training.quantization.private_names import schema
from training.quantization.tensors import values_by_photo

LEVELS = 255
BINS = 2048
# Candidate shares of each end of the calibrated range.
SHARES = np.linspace(0.3, 1, 36)
# Operators whose inputs and outputs share one scale; their ranges are not changed.
SAME_SCALE = {"MAX_POOL_2D", "AVERAGE_POOL_2D", "PAD", "RESHAPE", "CONCATENATION", "TRANSPOSE"}


def narrow_ranges(model: bytes, photos: NDArray[np.uint8]) -> bytes:
    """Narrow each activation's range to minimize the sum of rounding and clipping error.

    The rarest values are several times larger than the others; clipping them makes the quantization steps
    smaller for all (Nagel et al. 2021, arXiv:2106.08295, section 3.1.1).

    Parameters
    ----------
    model : bytes
        From :func:`training.quantization.conversion.calibrate_model`.
    photos : ndarray
        ``uint8[N, S, S, 3]``; some tens are enough.

    Returns
    -------
    bytes
        The file with narrower ranges, except those of the graph's inputs and outputs.
    """
    graph = read(model)
    tensors = graph.subgraphs[0].tensors
    histograms = {index: _Histogram.between(*_range(tensors[index])) for index in _adjustable(graph)}
    for values in track(values_by_photo(model, photos), len(photos), "Narrowing the ranges"):
        for index, histogram in histograms.items():
            histogram.add(values(index))
    for index, histogram in histograms.items():
        low, high = histogram.best_range()
        tensors[index].quantization.min = np.array([low], dtype=np.float32)
        tensors[index].quantization.max = np.array([high], dtype=np.float32)
    return write(graph)


@dataclass(slots=True)
class _Histogram:
    """A tensor's nonzero values in :data:`BINS` bins of equal width."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]

    @classmethod
    def between(cls, low: float, high: float) -> "_Histogram":
        return cls(np.linspace(low, high, BINS + 1), np.zeros(BINS, dtype=np.int64))

    def add(self, values: NDArray[np.float64]) -> None:
        # Zero is always represented exactly, so it has no error.
        within = np.clip(values[values != 0], self.edges[0], self.edges[-1])
        self.counts += np.histogram(within, self.edges)[0]

    def best_range(self) -> tuple[float, float]:
        """Return the range with the least mean square error."""
        lowest, highest = self.edges[0], self.edges[-1]
        lows = SHARES * lowest if lowest < 0 else np.zeros(1)
        highs = SHARES * highest if highest > 0 else np.zeros(1)
        below = np.array([self._beyond(low - self._centres) for low in lows])
        above = np.array([self._beyond(self._centres - high) for high in highs])
        steps = (highs[None, :] - lows[:, None]) / LEVELS
        # The mean square rounding error of a uniform value is step² / 12.
        error = below[:, None] + above[None, :] + self.counts.sum() * steps**2 / 12
        row, column = np.unravel_index(np.argmin(error), error.shape)
        return float(lows[row]), float(highs[column])

    @property
    def _centres(self) -> NDArray[np.float64]:
        return np.asarray((self.edges[1:] + self.edges[:-1]) / 2)

    def _beyond(self, distances: NDArray[np.float64]) -> float:
        return float((self.counts * np.maximum(distances, 0) ** 2).sum())


def _adjustable(graph: Any) -> Iterator[int]:
    """Yield the inner tensors with a calibrated range that may change."""
    subgraph = graph.subgraphs[0]
    fixed = {int(index) for index in (*subgraph.inputs, *subgraph.outputs)}
    for operator in subgraph.operators:
        if operator_name(graph, operator) in SAME_SCALE:
            fixed.update(int(index) for index in (*operator.inputs, *operator.outputs))
    for operator in subgraph.operators:
        for index in map(int, operator.outputs):
            low, high = _range(subgraph.tensors[index])
            if index not in fixed and low < high:
                yield index


def _range(tensor: Any) -> tuple[float, float]:
    """Return a tensor's calibrated range, extended to zero; (0, 0) if it has none."""
    quantization = tensor.quantization
    if tensor.type != schema.TensorType.FLOAT32 or quantization is None or quantization.min is None:
        return 0.0, 0.0
    return min(0.0, float(np.min(quantization.min))), max(0.0, float(np.max(quantization.max)))
