"""The steps from a trained Keras model to the int8 file, in their order."""

import keras
import numpy as np
from numpy.typing import NDArray

from training.problems import TrainingError
from training.quantization import flatbuffer
from training.quantization.activations import channel_peaks
from training.quantization.calibration import calm_photos, with_extremes
from training.quantization.clone import inference_clone
from training.quantization.conversion import convert
from training.quantization.equalization import equalize
from training.quantization.facts import inspect
from training.quantization.fusion import fuse_activations
from training.quantization.ports import name_ports, widen_outputs
from training.quantization.scaling import without_scaling

FEWEST_PHOTOS = 2


def quantize(model: keras.Model, representative: NDArray[np.uint8]) -> bytes:
    """Export a model as full-int8 TFLite.

    Parameters
    ----------
    model : keras.Model
        A functional model on the TensorFlow backend, input ``float32[N, S, S, 3]`` in 0..255, outputs
        a dictionary such as ``{"logits": float32[N, K], "embedding": float32[N, 64]}``. Not changed.
    representative : ndarray
        ``uint8[M, S, S, 3]``: photos of the training split, some hundreds and of every class. The 5 %
        that spike most set no range.

    Returns
    -------
    bytes
        A TFLite file: input ``image`` ``uint8[1, S, S, 3]`` of scale 1 and zero point 0, outputs int8
        under their names, weights int8 per channel, every activation fused that can be.

    Raises
    ------
    NotInt8Error
        Something in the model has no int8 form.
    training.problems.TrainingError
        Model and photos do not fit, or the model's activations are not finite.
    """
    _check(model, representative)
    clone = without_scaling(inference_clone(model))
    peaks = channel_peaks(clone, representative)
    calm = calm_photos(peaks)
    equalize(clone, {name: values[calm] for name, values in peaks.items()})
    exported = _rewritten(convert(clone, with_extremes(representative[calm])))
    inspect(exported)
    return exported


def _rewritten(tflite: bytes) -> bytes:
    graph = flatbuffer.read(tflite)
    fuse_activations(graph)
    name_ports(graph)
    widen_outputs(graph)
    return flatbuffer.write(graph)


def _check(model: keras.Model, representative: NDArray[np.uint8]) -> None:
    if keras.config.backend() != "tensorflow":
        raise TrainingError(
            f"The export needs Keras on TensorFlow, not on {keras.config.backend()}: load the weights "
            "with KERAS_BACKEND=tensorflow and export there."
        )
    if len(model.inputs) != 1 or not isinstance(model.output, dict):
        raise TrainingError("The model to export must have one input, and its outputs in a dictionary.")
    if representative.dtype != np.uint8 or representative.shape[1:] != model.inputs[0].shape[1:]:
        raise TrainingError(
            f"The representative photos are {representative.dtype}{list(representative.shape)}, but the "
            f"model reads uint8{list(model.inputs[0].shape)}."
        )
    if len(representative) < FEWEST_PHOTOS:
        raise TrainingError(
            f"At least {FEWEST_PHOTOS} representative photos are needed; some hundreds are good."
        )
