"""tflite-runtime, as in the common Lambda tutorials."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tflite_runtime.interpreter import Interpreter

from benchmarks.peers.baseline import BaselinePipeline
from benchmarks.peers.peer import Peer


def load(model: Path, threads: int) -> Peer:
    """Load a TFLite file."""
    interpreter = Interpreter(str(model), num_threads=threads)
    interpreter.allocate_tensors()
    pixels = interpreter.get_input_details()[0]
    # The released file has more outputs than the pipeline uses.
    scores = next(
        each
        for each in interpreter.get_output_details()
        if len(each["shape"]) == 2 and each["shape"][1] == 12
    )

    def network(batch: NDArray[Any]) -> NDArray[Any]:
        interpreter.set_tensor(pixels["index"], batch)
        interpreter.invoke()
        found: NDArray[Any] = interpreter.get_tensor(scores["index"])
        scale, zero_point = scores["quantization"]
        return (found.astype(np.float32) - zero_point) * scale if scale else found

    return BaselinePipeline(network, int(pixels["shape"][1]), scaled=pixels["dtype"] is np.float32)
