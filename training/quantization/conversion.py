"""Keras to int8 TFLite, by TensorFlow's converter."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.progress import track

SIGNATURE = "serving_default"
INPUT = "image"


def convert(model: keras.Model, photos: NDArray[np.uint8]) -> bytes:
    """Convert a model to full int8, one photo at a time.

    Through a SavedModel, because that is the converter's route that keeps the names of the outputs;
    given a function directly it either loses them or leaves variables in the graph.

    Parameters
    ----------
    model : keras.Model
        Input ``float32[N, S, S, 3]`` in 0..255; outputs by name.
    photos : ndarray
        ``uint8[K, S, S, 3]`` that set the ranges of the tensors.

    Returns
    -------
    bytes
        TFLite with input ``uint8[1, S, S, 3]``, int8 outputs and per-channel int8 weights.
    """
    with TemporaryDirectory(prefix="frond-export-") as folder:
        _save(model, Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=[SIGNATURE])
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _one_by_one(photos)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.int8
        converted: bytes = converter.convert()
    return converted


def _save(model: keras.Model, folder: Path) -> None:
    def serve(image: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs: dict[str, tf.Tensor] = model(image, training=False)
        return outputs

    shape = (1, *model.inputs[0].shape[1:])
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint(SIGNATURE, serve, input_signature=[tf.TensorSpec(shape, tf.float32, name=INPUT)])
    archive.write_out(folder, verbose=False)


def _one_by_one(photos: NDArray[np.uint8]) -> Iterator[list[NDArray[np.float32]]]:
    for photo in track(photos, len(photos), "Watching the ranges"):
        yield [photo[np.newaxis].astype(np.float32)]
