"""Keras on TensorFlow in the handler: the network as a compiled function, or by ``predict``."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from numpy.typing import NDArray

from benchmarks.peers.peer import Peer
from benchmarks.peers.recipe import Recipe


def load(model: Path, threads: int) -> Peer:
    """Load a Keras file, to be called as a ``tf.function``."""
    network = _loaded(model, threads)
    compiled = tf.function(lambda batch: network(batch, training=False))
    return Recipe(lambda batch: compiled(tf.constant(batch)).numpy(), network.input_shape[1], scaled=True)


def load_to_predict(model: Path, threads: int) -> Peer:
    """Load a Keras file, to be asked by ``predict``."""
    network = _loaded(model, threads)

    def predict(batch: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = network.predict(batch, verbose=0)
        return found

    return Recipe(predict, network.input_shape[1], scaled=True)


def _loaded(model: Path, threads: int) -> Any:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return keras.saving.load_model(model, compile=False)
