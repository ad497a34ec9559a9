"""Pixel scaling, folded into the first convolution."""

import logging
from typing import Any

import keras
import numpy as np

from training.quantization.clone import rewired

log = logging.getLogger(__name__)


def without_scaling(model: keras.Model) -> keras.Model:
    """Fold each `Rescaling` into the convolutions that read it.

    A convolution of ``a x + b`` is a convolution of ``x`` with its kernel times ``a`` and its bias
    more by the kernel's sum times ``b``. It holds at the border only where no padding stands in for
    pixels, so only for ``padding="valid"``; another scaling stays in the graph, and the log says so.

    Parameters
    ----------
    model : keras.Model
        A flat functional model.

    Returns
    -------
    keras.Model
        The same function, exact up to float rounding.
    """
    scaled: dict[int, tuple[Any, Any]] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        source = scaled.get(id(args[0])) if args else None
        if source is not None and _foldable(layer):
            tensor, rescaling = source
            return _folded(layer, rescaling)(tensor)
        result = layer(*args, **kwargs)
        if isinstance(layer, keras.layers.Rescaling):
            scaled[id(result)] = (args[0], layer)
        return result

    folded = rewired(model, call)
    for layer in folded.layers:
        if isinstance(layer, keras.layers.Rescaling):
            log.info(
                "The scaling %r is not read by valid convolutions only: it stays an operation", layer.name
            )
    return folded


def _foldable(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Conv2D) and layer.padding == "valid" and layer.groups == 1


def _folded(convolution: Any, rescaling: Any) -> Any:
    kernel, *bias = convolution.get_weights()
    # Per channel or one for all: the kernel is [rows, columns, channels in, channels out].
    scale = np.reshape(np.asarray(rescaling.scale, kernel.dtype), (-1, 1))
    offset = np.reshape(np.asarray(rescaling.offset, kernel.dtype), (-1, 1))
    shift = np.sum(kernel * offset, axis=(0, 1, 2))
    folded = keras.layers.Conv2D.from_config({**convolution.get_config(), "use_bias": True})
    folded.build((None, None, None, kernel.shape[2]))
    folded.set_weights([kernel * scale, bias[0] + shift if bias else shift])
    return folded
