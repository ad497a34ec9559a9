"""Pixel scaling, folded into the first convolution."""

import logging
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.quantization.clone import rewired

log = logging.getLogger(__name__)


def without_scaling(model: keras.Model) -> keras.Model:
    """Fold each `Rescaling` into the convolutions that read it.

    A convolution of ``a x + b`` is a convolution of ``x`` with its kernel times ``a`` and its bias
    more by the kernel's sum times ``b``. It holds at the border only where no padding stands in for
    pixels, so only for ``padding="valid"``. For a padded one the factor still goes into the kernel, because
    zeros stay zeros, and the shift stays: of whole pixels, it costs int8 next to nothing. What stays in
    the graph is logged.

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
        if source is not None and _plain_convolution(layer):
            tensor, rescaling = source
            if layer.padding == "valid":
                return _folded(layer, rescaling)(tensor)
            return _scaled(layer, rescaling)(_shift(rescaling)(tensor))
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


def _plain_convolution(layer: Any) -> bool:
    return isinstance(layer, keras.layers.Conv2D) and layer.groups == 1


def _folded(convolution: Any, rescaling: Any) -> Any:
    kernel, *bias = convolution.get_weights()
    shift = np.sum(kernel * _by_channel(rescaling.offset), axis=(0, 1, 2))
    return _twin(
        convolution,
        [kernel * _by_channel(rescaling.scale), bias[0] + shift if bias else shift],
        use_bias=True,
    )


def _scaled(convolution: Any, rescaling: Any) -> Any:
    kernel, *bias = convolution.get_weights()
    return _twin(convolution, [kernel * _by_channel(rescaling.scale), *bias], use_bias=convolution.use_bias)


def _shift(rescaling: Any) -> Any:
    """Return what has to be added to pixels so that the factor alone is left."""
    offset = np.asarray(rescaling.offset) / np.asarray(rescaling.scale)
    return keras.layers.Rescaling(1.0, offset=offset.tolist(), name=f"{rescaling.name}_shift")


def _by_channel(values: Any) -> NDArray[np.float32]:
    """Return one value, or one for each channel, along the third axis of a kernel."""
    return np.reshape(np.asarray(values, np.float32), (-1, 1))


def _twin(convolution: Any, weights: list[NDArray[np.float32]], *, use_bias: bool) -> Any:
    twin = keras.layers.Conv2D.from_config({**convolution.get_config(), "use_bias": use_bias})
    twin.build((None, None, None, weights[0].shape[2]))
    twin.set_weights(weights)
    return twin
