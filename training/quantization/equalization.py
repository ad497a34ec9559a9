"""Cross-layer equalization of depthwise convolutions (Nagel et al. 2019, arXiv:1906.04721)."""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.quantization.clone import consumers


def equalize(model: keras.Model, peaks: Mapping[str, NDArray[np.float32]]) -> None:
    """Balance each depthwise channel's range with the pointwise weights that read it.

    A depthwise output has one int8 scale for all channels, so a channel with a small range uses few levels,
    and so do small pointwise weights beside large ones. Scaling channel ``c`` down by ``s`` and its
    pointwise weights up by ``s`` changes nothing in float; ``s = sqrt(range / weight)`` balances the two
    errors. ``s`` is rounded to a power of two, so the float model stays exact to the last bit.

    Parameters
    ----------
    model : keras.Model
        A flat functional model; its weights are changed in place.
    peaks : mapping
        By layer, ``float32[M, C]`` as :func:`training.quantization.activations.channel_peaks` measures.
    """
    for layer, readers in consumers(model).items():
        if _linear_depthwise(layer) and len(readers) == 1 and _plain_convolution(readers[0]):
            _balance(layer, readers[0], peaks[layer.name].max(axis=0))


def _linear_depthwise(layer: Any) -> bool:
    return isinstance(layer, keras.layers.DepthwiseConv2D) and layer.activation is keras.activations.linear


def _plain_convolution(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Conv2D) and layer.groups == 1


def _balance(depthwise: Any, pointwise: Any, peak: NDArray[np.float32]) -> None:
    kernel, *bias = depthwise.get_weights()
    weights, *rest = pointwise.get_weights()
    scale = _powers_of_two(peak, np.abs(weights).max(axis=(0, 1, 3)))
    # The depthwise kernel is [rows, columns, channels in, multiplier]; its last two are the channels out.
    depthwise.set_weights([kernel / scale.reshape(kernel.shape[2:]), *(part / scale for part in bias)])
    pointwise.set_weights([weights * scale[:, None], *rest])


def _powers_of_two(peak: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    alive = (peak > 0) & (weight > 0)
    exponent = np.zeros(len(peak), np.float32)
    exponent[alive] = np.log2(peak[alive] / weight[alive]) / 2
    exponent[alive] -= exponent[alive].mean() if alive.any() else 0
    return np.exp2(np.round(exponent)).astype(np.float32)
