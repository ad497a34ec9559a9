"""Average pools as convolutions, which XNNPACK takes in int8; it takes no int8 AVERAGE_POOL_2D."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.quantization.clone import rewired


def with_convolved_pools(model: keras.Model) -> keras.Model:
    """Write each average over a neighbourhood as a depthwise convolution.

    At the border the average is over fewer pixels, while the convolution counts the padding as zeros; so
    a factor for each position follows. Inception v3 has nine such pools, and each cut its graph in two.

    Parameters
    ----------
    model : keras.Model
        A flat functional model.

    Returns
    -------
    keras.Model
        The same function, exact up to float rounding.
    """

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if _keeps_the_size(layer):
            return _convolved(layer, args[0])
        return layer(*args, **kwargs)

    return rewired(model, call)


def _keeps_the_size(layer: Any) -> bool:
    return (
        isinstance(layer, keras.layers.AveragePooling2D)
        and layer.padding == "same"
        and tuple(layer.strides) == (1, 1)
    )


def _convolved(pool: Any, values: Any) -> Any:
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
    """Return how many of the pixels that the pool averages around each place are inside."""
    first = np.arange(length) - (width - 1) // 2
    return np.minimum(first + width, length) - np.maximum(first, 0)
