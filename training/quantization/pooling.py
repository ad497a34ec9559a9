"""Replace average pools by convolutions, because XNNPACK has no int8 AVERAGE_POOL_2D."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.quantization.clone import rewired


def pools_to_convolutions(model: keras.Model) -> keras.Model:
    """Replace each average pool of stride 1 by a depthwise convolution.

    At the border the pool averages fewer pixels, while the convolution counts the padding as zeros, so a
    factor for each position follows. Inception v3 has nine such pools; each split its graph in two.

    Parameters
    ----------
    model : keras.Model
        A flat functional model.

    Returns
    -------
    keras.Model
        The equivalent model, exact up to float rounding.
    """

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if _preserves_size(layer):
            return _as_convolution(layer, args[0])
        return layer(*args, **kwargs)

    return rewired(model, call)


def _preserves_size(layer: Any) -> bool:
    return (
        isinstance(layer, keras.layers.AveragePooling2D)
        and layer.padding == "same"
        and tuple(layer.strides) == (1, 1)
    )


def _as_convolution(pool: Any, values: Any) -> Any:
    _, rows, columns, channels = values.shape
    convolution = keras.layers.DepthwiseConv2D(
        pool.pool_size, padding="same", use_bias=False, name=f"{pool.name}_convolved"
    )
    sums = convolution(values)
    pixels = int(np.prod(pool.pool_size))
    convolution.set_weights([np.full((*pool.pool_size, channels, 1), 1 / pixels, np.float32)])
    inside = np.outer(_counts(rows, pool.pool_size[0]), _counts(columns, pool.pool_size[1]))
    return keras.ops.multiply(sums, (pixels / inside).astype(np.float32)[None, :, :, None])


def _counts(length: int, width: int) -> NDArray[np.int64]:
    """Return the number of pixels inside the image that the pool averages at each position."""
    first = np.arange(length) - (width - 1) // 2
    return np.minimum(first + width, length) - np.maximum(first, 0)
