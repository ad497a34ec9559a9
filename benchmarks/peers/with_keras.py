"""Keras on TensorFlow: the network as a ``tf.function``, or with ``predict``."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray

from benchmarks.peers.baseline import BaselinePipeline
from benchmarks.peers.peer import Peer


def load(model: Path, threads: int) -> Peer:
    """Load a Keras file and call it as a ``tf.function``."""
    network = _loaded(model, threads)
    compiled = tf.function(lambda batch: network(batch, training=False))
    return BaselinePipeline(
        lambda batch: compiled(tf.constant(batch)).numpy(), network.input_shape[1], scaled=True
    )


def load_to_predict(model: Path, threads: int) -> Peer:
    """Load a Keras file and call its ``predict``."""
    network = _loaded(model, threads)

    def predict(batch: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = network.predict(batch, verbose=0)
        return found

    return BaselinePipeline(predict, network.input_shape[1], scaled=True)


def _loaded(model: Path, threads: int) -> Any:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return keras.saving.load_model(model, compile=False)
