"""Largest activations of each photo, by layer and channel."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.progress import track
from training.quantization.clone import rewired

BATCH = 16

# The layers that compute new values; the others pass values on or shrink them.
SOURCES = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D, keras.layers.Add)


def channel_peaks(model: keras.Model, photos: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Measure the largest magnitude in each channel of each convolution and residual sum.

    Parameters
    ----------
    model : keras.Model
        A flat functional model.
    photos : ndarray
        ``uint8[M, S, S, 3]``.

    Returns
    -------
    dict
        By layer name, ``float32[M, C]``.

    Raises
    ------
    TrainingError
        An activation is not finite, or the model has no such layers.
    """
    peaks: dict[str, Any] = {}

    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        result = layer(*args, **kwargs)
        if isinstance(layer, SOURCES):
            peaks[layer.name] = keras.ops.max(keras.ops.abs(result), axis=(1, 2))
        return result

    graph = rewired(model, call)
    if not peaks:
        raise TrainingError("The model has no convolution and no residual sum to calibrate with.")
    observer = keras.Model(graph.inputs, peaks)
    starts = range(0, len(photos), BATCH)
    batches = [
        observer.predict_on_batch(photos[start : start + BATCH].astype(np.float32))
        for start in track(starts, len(starts), "Measuring activations")
    ]
    measured = {name: np.concatenate([batch[name] for batch in batches]) for name in peaks}
    for name, values in measured.items():
        if not np.isfinite(values).all():
            raise TrainingError(f"The activations of layer {name} are not finite; train the model again.")
    return measured
