"""List the benchmarked implementations: packages, model and loader of each."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.paths import MODELS, RELEASED

_PEERS = "benchmarks.peers"


@dataclass(frozen=True, slots=True)
class Implementation:
    """An implementation of a photo classifier.

    Attributes
    ----------
    key
        Name in commands and files.
    title
        Name in tables.
    packages
        Name of its lock file in ``requirements``.
    loader
        ``module:function`` that returns a :class:`benchmarks.peers.peer.Peer` for a model and a number of
        threads.
    model
        Path of its model.
    handler
        Lambda handler; ``None`` to skip cold starts, where it would not differ from another implementation.
    """

    key: str
    title: str
    packages: str
    loader: str
    model: Path = RELEASED
    handler: str | None = None

    @property
    def ours(self) -> bool:
        """Whether it is Frond."""
        return self.packages == "classify"


_HANDLER = f"{_PEERS}.lambda_handler.handler"
FROND = Implementation(
    "frond", "Frond, int8", "classify", f"{_PEERS}.with_frond:load", handler=f"{_PEERS}.frond_handler.handler"
)
ALL = (
    FROND,
    Implementation(
        "tflite-int8",
        "tflite-runtime 2.14, int8",
        "bench-tflite",
        f"{_PEERS}.with_tflite:load",
        handler=_HANDLER,
    ),
    Implementation(
        "tflite-fp32-299",
        "tflite-runtime 2.14, fp32, 299 px",
        "bench-tflite",
        f"{_PEERS}.with_tflite:load",
        MODELS / "xception-299.tflite",
        _HANDLER,
    ),
    Implementation(
        "tflite-fp32-224",
        "tflite-runtime 2.14, fp32",
        "bench-tflite",
        f"{_PEERS}.with_tflite:load",
        MODELS / "xception-224.tflite",
    ),
    Implementation(
        "keras-call",
        "TensorFlow, fp32, tf.function",
        "bench-keras",
        f"{_PEERS}.with_keras:load",
        MODELS / "xception-224.keras",
        _HANDLER,
    ),
    Implementation(
        "keras-predict",
        "TensorFlow, fp32, predict",
        "bench-keras",
        f"{_PEERS}.with_keras:load_to_predict",
        MODELS / "xception-224.keras",
    ),
    Implementation(
        "onnx-fp32",
        "ONNX Runtime, fp32",
        "bench-onnxruntime",
        f"{_PEERS}.with_onnxruntime:load",
        MODELS / "xception-224.onnx",
    ),
    Implementation(
        "onnx-int8",
        "ONNX Runtime, int8",
        "bench-onnxruntime",
        f"{_PEERS}.with_onnxruntime:load",
        MODELS / "xception-224-int8.onnx",
        _HANDLER,
    ),
    Implementation(
        "openvino",
        "OpenVINO, int8",
        "bench-openvino",
        f"{_PEERS}.with_openvino:load",
        handler=_HANDLER,
    ),
)
BY_KEY = {implementation.key: implementation for implementation in ALL}
