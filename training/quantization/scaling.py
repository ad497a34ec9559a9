"""Fold pixel scaling into the first convolution."""

import logging
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.quantization.clone import rewired

log = logging.getLogger(__name__)


def fold_rescaling(model: keras.Model) -> keras.Model:
    """Fold each `Rescaling` into the convolutions that read it.

    A convolution of ``a x + b`` equals a convolution of ``x`` with the kernel times ``a`` and the bias plus
    the kernel's sum times ``b``. With padding this does not hold at the border, so both fold only for
    ``padding="valid"``. For other padding the factor alone folds, because zeros stay zeros, and the shift
    remains an operation, which costs int8 next to nothing. Scalings that remain are logged.

    Parameters
    ----------
    model : keras.Model
        A flat functional model.

    Returns
    -------
    keras.Model
        The equivalent model, exact up to float rounding.
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
                "The scaling %r has a reader that is not a valid convolution, so it is not folded", layer.name
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
    """Return the shift of pixels that leaves a pure factor."""
    offset = np.asarray(rescaling.offset) / np.asarray(rescaling.scale)
    return keras.layers.Rescaling(1.0, offset=offset.tolist(), name=f"{rescaling.name}_shift")


def _by_channel(values: Any) -> NDArray[np.float32]:
    """Broadcast one value, or one per channel, along a kernel's third axis."""
    return np.reshape(np.asarray(values, np.float32), (-1, 1))


def _twin(convolution: Any, weights: list[NDArray[np.float32]], *, use_bias: bool) -> Any:
    twin = keras.layers.Conv2D.from_config({**convolution.get_config(), "use_bias": use_bias})
    twin.build((None, None, None, weights[0].shape[2]))
    twin.set_weights(weights)
    return twin
