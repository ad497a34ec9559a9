"""Convert Keras models to TFLite with TensorFlow's converter."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.progress import track
from training.quantization.private_names import calibrate, quantize

SIGNATURE = "serving_default"
INPUT = "image"


@contextmanager
def saved_model(model: keras.Model) -> Iterator[Path]:
    """Save a model as a temporary SavedModel.

    From a SavedModel the converter keeps the names of the outputs; from a concrete function it either
    loses them or leaves variables in the graph.

    Parameters
    ----------
    model : keras.Model
        Input ``float32[N, S, S, 3]`` in 0..255; outputs by name.
    """

    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs: dict[str, tf.Tensor] = model(image, training=False)
        return outputs

    shape = (1, *model.inputs[0].shape[1:])
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, serve, input_signature=[tf.TensorSpec(shape, tf.float32, name=INPUT)])
    with TemporaryDirectory(prefix="frond-export-") as folder:
        archive.write_out(folder, verbose=False)
        yield Path(folder)


def calibrate_model(folder: Path, photos: NDArray[np.uint8]) -> bytes:
    """Convert a SavedModel to float TFLite with a calibrated range for each tensor.

    Parameters
    ----------
    folder : Path
        From :func:`saved_model`.
    photos : ndarray
        ``uint8[K, S, S, 3]``, the representative data set.
    """
    converter = _converter(folder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _one_by_one(photos)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.int8
    return calibrate(converter)


def to_int8(model: bytes) -> bytes:
    """Quantize a model with the ranges of its tensors.

    Parameters
    ----------
    model : bytes
        From :func:`calibrate_model`.

    Returns
    -------
    bytes
        TFLite with input ``uint8[1, S, S, 3]``, int8 outputs and per-channel int8 weights.
    """
    return quantize(model)


def to_fp32(folder: Path) -> bytes:
    """Convert a SavedModel to float32."""
    return bytes(_converter(folder).convert())


def to_fp16(folder: Path) -> bytes:
    """Convert a SavedModel with float16 weights and float32 arithmetic."""
    converter = _converter(folder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]
    return bytes(converter.convert())


def to_dynamic(folder: Path) -> bytes:
    """Convert a SavedModel with int8 weights; activations are quantized at run time."""
    converter = _converter(folder)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return bytes(converter.convert())


def _converter(folder: Path) -> tf.lite.TFLiteConverter:
    return tf.lite.TFLiteConverter.from_saved_model(str(folder), signature_keys=[SIGNATURE])


def _one_by_one(photos: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    for photo in track(photos, len(photos), "Calibrating"):
        yield [photo[np.newaxis].astype(np.float32)]
