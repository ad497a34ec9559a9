"""ONNX Runtime in the common pipeline."""

from pathlib import Path
from typing import Any

import onnxruntime
from numpy.typing import NDArray

from benchmarks.peers.baseline import BaselinePipeline
from benchmarks.peers.peer import Peer


def load(model: Path, threads: int) -> Peer:
    """Load an ONNX file."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    pixels = session.get_inputs()[0]

    def network(batch: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = session.run(None, {pixels.name: batch})[0]
        return found

    return BaselinePipeline(network, int(pixels.shape[1]), scaled=True)
