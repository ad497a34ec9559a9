"""Who takes part: ways to do this job, each with its packages, its model and what loads it."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.places import MODELS, RELEASED

_PEERS = "benchmarks.peers"


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to name the plant in a photo.

    Attributes
    ----------
    key
        Its name in commands and files.
    title
        Its name in tables.
    packages
        The list in ``requirements`` that it installs.
    loader
        ``module:function``; it makes a :class:`benchmarks.peers.peer.Peer` of a model and a number of
        threads.
    model
        Its model.
    handler
        Its Lambda handler; none where cold starts are not worth comparing: it differs from another
        contender in nothing that matters to them.
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


_HANDLER = f"{_PEERS}.handler.handler"
FROND = Contender(
    "frond", "Frond, int8", "classify", f"{_PEERS}.with_frond:load", handler=f"{_PEERS}.frond_handler.handler"
)
ALL = (
    FROND,
    Contender(
        "tflite-int8",
        "tflite-runtime 2.14, int8",
        "bench-tflite",
        f"{_PEERS}.with_tflite:load",
        handler=_HANDLER,
    ),
    Contender(
        "tflite-fp32-299",
        "tflite-runtime 2.14, fp32, 299 px",
        "bench-tflite",
        f"{_PEERS}.with_tflite:load",
        MODELS / "xception-299.tflite",
        _HANDLER,
    ),
    Contender(
        "tflite-fp32-224",
        "tflite-runtime 2.14, fp32",
        "bench-tflite",
        f"{_PEERS}.with_tflite:load",
        MODELS / "xception-224.tflite",
    ),
    Contender(
        "keras-call",
        "TensorFlow, fp32, tf.function",
        "bench-keras",
        f"{_PEERS}.with_keras:load",
        MODELS / "xception-224.keras",
        _HANDLER,
    ),
    Contender(
        "keras-predict",
        "TensorFlow, fp32, predict",
        "bench-keras",
        f"{_PEERS}.with_keras:load_to_predict",
        MODELS / "xception-224.keras",
    ),
    Contender(
        "onnx-fp32",
        "ONNX Runtime, fp32",
        "bench-onnxruntime",
        f"{_PEERS}.with_onnxruntime:load",
        MODELS / "xception-224.onnx",
    ),
    Contender(
        "onnx-int8",
        "ONNX Runtime, int8",
        "bench-onnxruntime",
        f"{_PEERS}.with_onnxruntime:load",
        MODELS / "xception-224-int8.onnx",
        _HANDLER,
    ),
    Contender(
        "openvino",
        "OpenVINO, int8",
        "bench-openvino",
        f"{_PEERS}.with_openvino:load",
        handler=_HANDLER,
    ),
)
BY_KEY = {contender.key: contender for contender in ALL}
