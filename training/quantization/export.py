"""The steps from a trained Keras model to the int8 file, in their order."""

import math
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.quantization import flatbuffer
from training.quantization.activations import channel_peaks
from training.quantization.calibration import calm_photos, with_extremes
from training.quantization.clone import inference_clone
from training.quantization.conversion import calibrated, saved, to_dynamic, to_fp16, to_fp32, to_int8
from training.quantization.correction import correct_biases
from training.quantization.equalization import equalize
from training.quantization.fusion import fuse_activations
from training.quantization.inspection import inspect
from training.quantization.io_tensors import name_ports, widen_outputs
from training.quantization.pooling import with_convolved_pools
from training.quantization.ranges import narrow_ranges
from training.quantization.scaling import without_scaling

FEWEST_PHOTOS = 2
# To fit something to every activation; means and histograms settle soon.
SOME_PHOTOS = 48

Variant = Literal["fp32", "fp16", "dynamic", "int8"]


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
    training.errors.TrainingError
        Model and photos do not fit, or the model's activations are not finite.
    """
    clone, photos = _prepared(model, representative)
    with saved(clone) as folder:
        return _int8(folder, photos, to_fp32(folder))


def variants(model: keras.Model, representative: NDArray[np.uint8]) -> dict[Variant, bytes]:
    """Export a model as :func:`quantize` does, and beside it in the forms that lose less and cost more.

    All four are made of the same weights, so tensors of the same name hold the same values but for
    what the numbers lose.

    Returns
    -------
    dict
        ``fp32``, ``fp16`` (weights of half precision), ``dynamic`` (int8 weights, activations quantized
        for each photo), all three with input ``float32[1, S, S, 3]``, and ``int8``.
    """
    clone, photos = _prepared(model, representative)
    with saved(clone) as folder:
        fp32 = to_fp32(folder)
        return {
            "fp32": _named(fp32),
            "fp16": _named(to_fp16(folder)),
            "dynamic": _named(to_dynamic(folder)),
            "int8": _int8(folder, photos, fp32),
        }


def _prepared(model: keras.Model, representative: NDArray[np.uint8]) -> tuple[keras.Model, NDArray[np.uint8]]:
    """Return the same function with weights that suit int8, and the photos that set its ranges."""
    _check(model, representative)
    clone = with_convolved_pools(without_scaling(inference_clone(model)))
    peaks = channel_peaks(clone, representative)
    calm = calm_photos(peaks)
    equalize(clone, {name: values[calm] for name, values in peaks.items()})
    return clone, with_extremes(representative[calm])


def _int8(folder: Path, photos: NDArray[np.uint8], fp32: bytes) -> bytes:
    some = photos[:: math.ceil(len(photos) / SOME_PHOTOS)]
    graph = flatbuffer.read(to_int8(narrow_ranges(calibrated(folder, photos), some)))
    correct_biases(graph, fp32, some)
    fuse_activations(graph)
    name_ports(graph)
    widen_outputs(graph)
    exported = flatbuffer.write(graph)
    inspect(exported)
    return exported


def _named(tflite: bytes) -> bytes:
    graph = flatbuffer.read(tflite)
    name_ports(graph)
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
