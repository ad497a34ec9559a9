"""OpenVINO in the common pipeline, with the TFLite file that Frond serves."""

from pathlib import Path
from typing import Any

import numpy as np
import openvino
from numpy.typing import NDArray

from benchmarks.peers.baseline import BaselinePipeline
from benchmarks.peers.peer import Peer


def load(model: Path, threads: int) -> Peer:
    """Compile a model for this CPU."""
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    compiled = openvino.Core().compile_model(str(model), "CPU", options)
    request = compiled.create_infer_request()
    logits = compiled.output("logits")

    def network(batch: NDArray[Any]) -> NDArray[Any]:
        found: NDArray[Any] = request.infer([batch])[logits]
        return found.astype(np.float32)

    return BaselinePipeline(network, int(compiled.input(0).shape[1]), scaled=False)
