"""Signal-to-quantization-noise ratio (SQNR) of each layer of the int8 model."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.progress import track
from training.quantization.flatbuffer import operator_name, read
from training.quantization.tensors import values_by_photo

# The operators that compute new values; the others pass values on.
SOURCES = {"CONV_2D", "DEPTHWISE_CONV_2D", "ADD", "FULLY_CONNECTED"}
# A tensor's name joins the names of the operators fused into it; this one is the layer's.
_STEP = re.compile(r"([^/;]+)/(?:convolution|depthwise|Add)\d*(?:;|$)")
_REPETITION = re.compile(r"_\d+$")


@dataclass(frozen=True, slots=True)
class LayerSQNR:
    """SQNR of a layer's int8 output.

    Attributes
    ----------
    layer : str
        The Keras layer.
    position : int
        In the order of the graph, from 0.
    signal_to_noise_db, lowest_db : float
        ``10 log10(mean(float²) / mean((int8 - float)²))``, dB, of the median photo and of the worst. A photo
        with activations beyond a tensor's range is clipped, which lowers the ratio of the layers that follow.
    """

    layer: str
    position: int
    signal_to_noise_db: float
    lowest_db: float


def sqnr_by_layer(exact: bytes, quantized: bytes, photos: NDArray[np.uint8]) -> list[LayerSQNR]:
    """Measure the SQNR of every convolution, sum and dense layer of two files of the same weights.

    Tensors are matched by name.

    Parameters
    ----------
    exact, quantized : bytes
        ``fp32`` and ``int8`` of :func:`training.quantization.variants`.
    photos : ndarray
        ``uint8[N, S, S, 3]``, at least one; a few are enough.

    Raises
    ------
    training.errors.TrainingError
        The files have no layer in common.
    """
    pairs = _common_tensors(exact, quantized)
    if not pairs:
        raise TrainingError("The float and the int8 file have no layer in common: they are of two models.")
    both = zip(values_by_photo(exact, photos), values_by_photo(quantized, photos), strict=True)
    decibels = np.array(
        [
            [_decibels(true(one), rounded(other)) for _, one, other in pairs]
            for true, rounded in track(both, len(photos), "Measuring SQNR")
        ]
    )
    names = [name for name, _, _ in pairs]
    medians, lowest = np.median(decibels, axis=0).tolist(), decibels.min(axis=0).tolist()
    return [LayerSQNR(*row) for row in zip(names, range(len(pairs)), medians, lowest, strict=True)]


def _decibels(true: NDArray[np.float64], rounded: NDArray[np.float64]) -> float:
    # A layer that is all zero, or exact, has a finite ratio, too, because JSON has no infinity.
    tiny = np.finfo(float).tiny
    signal, noise = np.square(true).mean() + tiny, np.square(rounded - true).mean() + tiny
    return float(10 * np.log10(signal / noise))


def _common_tensors(exact: bytes, quantized: bytes) -> list[tuple[str, int, int]]:
    """Return layer name and tensor index in each file, in the order of the int8 graph."""
    indices = dict(_outputs(exact, kinds=None))
    return [
        (_layer(name), indices[name], index)
        for name, index in _outputs(quantized, SOURCES)
        if name in indices
    ]


def _outputs(tflite: bytes, kinds: set[str] | None) -> Iterator[tuple[str, int]]:
    model = read(tflite)
    graph = model.subgraphs[0]
    for operator in graph.operators:
        if kinds is None or operator_name(model, operator) in kinds:
            index = int(operator.outputs[0])
            yield graph.tensors[index].name.decode(), index


def _layer(tensor: str) -> str:
    step = _STEP.search(tensor)
    if step:
        return _REPETITION.sub("", step[1])
    scopes = tensor.partition(";")[0].split("/")
    return _REPETITION.sub("", scopes[-2]) if len(scopes) > 1 else tensor
