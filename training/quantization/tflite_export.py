"""Export a trained Keras model to full-int8 TFLite: the steps in order."""

import math
from pathlib import Path
from typing import Literal

import keras
import numpy as np
from numpy.typing import NDArray

from training.errors import TrainingError
from training.quantization import flatbuffer
from training.quantization.activations import channel_peaks
from training.quantization.clone import inference_clone
from training.quantization.conversion import (
    calibrate_model,
    saved_model,
    to_dynamic,
    to_fp16,
    to_fp32,
    to_int8,
)
from training.quantization.equalization import equalize
from training.quantization.fusion import fuse_activations
from training.quantization.inspection import inspect
from training.quantization.io_tensors import name_io_tensors, widen_outputs
from training.quantization.pooling import pools_to_convolutions
from training.quantization.quantization_bias import correct_biases
from training.quantization.ranges import narrow_ranges
from training.quantization.representative_dataset import drop_outlier_photos, span_uint8_range
from training.quantization.scaling import fold_rescaling

MIN_PHOTOS = 2
# For ranges and biases; their means and histograms converge early.
TUNING_PHOTOS = 48

NumericFormat = Literal["fp32", "fp16", "dynamic", "int8"]


def quantize(model: keras.Model, representative: NDArray[np.uint8]) -> bytes:
    """Export a model as full-int8 TFLite.

    Parameters
    ----------
    model : keras.Model
        A functional model on the TensorFlow backend, input ``float32[N, S, S, 3]`` in 0..255, outputs
        a dictionary such as ``{"logits": float32[N, K], "embedding": float32[N, 64]}``. Not changed.
    representative : ndarray
        ``uint8[M, S, S, 3]``: some hundred photos of the training split, of every class. The 5 % with the
        largest activations are dropped.

    Returns
    -------
    bytes
        A TFLite file: input ``image`` ``uint8[1, S, S, 3]`` with scale 1 and zero point 0, named int8
        outputs, per-channel int8 weights, activations fused where possible.

    Raises
    ------
    NotInt8Error
        An operator or tensor of the model has no int8 form.
    training.errors.TrainingError
        The photos do not fit the model, or the model's activations are not finite.
    """
    clone, photos = _prepared(model, representative)
    with saved_model(clone) as folder:
        return _int8(folder, photos, to_fp32(folder))


def export_all_formats(model: keras.Model, representative: NDArray[np.uint8]) -> dict[NumericFormat, bytes]:
    """Export a model in int8, as :func:`quantize` does, and in three more accurate, slower formats.

    All four have the same weights, so tensors of the same name differ only by rounding.

    Returns
    -------
    dict
        ``fp32``, ``fp16`` (half-precision weights), ``dynamic`` (int8 weights, activations quantized
        for each photo), all three with input ``float32[1, S, S, 3]``, and ``int8``.
    """
    clone, photos = _prepared(model, representative)
    with saved_model(clone) as folder:
        fp32 = to_fp32(folder)
        return {
            "fp32": _named(fp32),
            "fp16": _named(to_fp16(folder)),
            "dynamic": _named(to_dynamic(folder)),
            "int8": _int8(folder, photos, fp32),
        }


def _prepared(model: keras.Model, representative: NDArray[np.uint8]) -> tuple[keras.Model, NDArray[np.uint8]]:
    """Return the equivalent model with weights that suit int8, and the calibration photos."""
    _check(model, representative)
    clone = pools_to_convolutions(fold_rescaling(inference_clone(model)))
    peaks = channel_peaks(clone, representative)
    usual = drop_outlier_photos(peaks)
    equalize(clone, {name: values[usual] for name, values in peaks.items()})
    return clone, span_uint8_range(representative[usual])


def _int8(folder: Path, photos: NDArray[np.uint8], fp32: bytes) -> bytes:
    tuning = photos[:: math.ceil(len(photos) / TUNING_PHOTOS)]
    graph = flatbuffer.read(to_int8(narrow_ranges(calibrate_model(folder, photos), tuning)))
    correct_biases(graph, fp32, tuning)
    fuse_activations(graph)
    name_io_tensors(graph)
    widen_outputs(graph)
    exported = flatbuffer.write(graph)
    inspect(exported)
    return exported


def _named(tflite: bytes) -> bytes:
    graph = flatbuffer.read(tflite)
    name_io_tensors(graph)
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
    if len(representative) < MIN_PHOTOS:
        raise TrainingError(
            f"At least {MIN_PHOTOS} representative photos are needed; some hundred are recommended."
        )
