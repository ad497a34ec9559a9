"""Build the peers' networks: Xception with twelve classes and random weights, which take the same time.

``python -m benchmarks.peer_models`` builds them with the training's TensorFlow and the packages of
``bench-convert``. The benchmark runs it in a process of its own.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.paths import LOGS, MODELS, ROOT, cached
from benchmarks.task_root import NotInstalledError, task_root

CLASSES = 12
SEED = 5
OPSET = 17
NAMES = (
    "xception-224.keras",
    "xception-224.tflite",
    "xception-299.tflite",
    "xception-224.onnx",
    "xception-224-int8.onnx",
)


def prepare() -> None:
    """Build all models if one is missing.

    Raises
    ------
    NotInstalledError
        If they cannot be built; the message names the log.
    """
    if all((MODELS / name).exists() for name in NAMES):
        return
    path = os.pathsep.join([str(ROOT), str(task_root("bench-convert"))])
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "models.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "benchmarks.peer_models"]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False)
    if done.returncode != 0:
        raise NotInstalledError(f"the peers' networks could not be built; see {log.relative_to(ROOT)}")


def make() -> None:
    """Build the missing models."""
    import keras

    for size in (224, 299):
        keras.utils.set_random_seed(SEED)
        network = xception(size)
        cached(MODELS / f"xception-{size}.tflite", partial(_tflite, network))
        if size == 224:
            cached(MODELS / "xception-224.keras", partial(_keras, network))
            floats = cached(MODELS / "xception-224.onnx", partial(_onnx, network))
            cached(MODELS / "xception-224-int8.onnx", partial(_onnx_int8, floats))


def xception(size: int) -> Any:
    """Return the released model's network without its other outputs, for ``float32[1, S, S, 3]`` in -1..1."""
    import keras

    from training.networks.backbones import find_backbone

    backbone = find_backbone("xception").build(size)
    pooled = keras.layers.GlobalAveragePooling2D()(backbone.output)
    return keras.Model(backbone.input, keras.layers.Dense(CLASSES, activation="softmax")(pooled))


def _keras(network: Any, path: Path) -> None:
    with TemporaryDirectory() as scratch:  # Keras requires its own suffix
        network.save(Path(scratch) / "network.keras")
        path.write_bytes((Path(scratch) / "network.keras").read_bytes())


def _tflite(network: Any, path: Path) -> None:
    from training.quantization.conversion import saved_model, to_fp32

    with saved_model(network) as folder:
        path.write_bytes(to_fp32(folder))


def _onnx(network: Any, path: Path) -> None:
    from training.quantization.conversion import saved_model

    with saved_model(network) as folder:
        convert = [
            sys.executable,
            "-m",
            "tf2onnx.convert",
            "--saved-model",
            str(folder),
            "--opset",
            str(OPSET),
        ]
        subprocess.run([*convert, "--output", str(path)], check=True)


def _onnx_int8(floats: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with TemporaryDirectory() as scratch:
        prepared = Path(scratch) / "prepared.onnx"
        quant_pre_process(str(floats), str(prepared))
        quantize_static(
            str(prepared),
            str(path),
            _Photos(prepared),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )


class _Photos:
    """The project's sample photos as a CalibrationDataReader of ONNX Runtime."""

    def __init__(self, model: Path) -> None:
        import onnxruntime

        pixels = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"]).get_inputs()[0]
        self._name, self._size = pixels.name, int(pixels.shape[1])
        self._batches = self._read()

    def get_next(self) -> Mapping[str, Any] | None:
        return next(self._batches, None)

    def _read(self) -> Iterator[Mapping[str, Any]]:
        import numpy as np

        from frond.preprocessing import PreprocessingSpec, read_photo

        for path in sorted((ROOT / "events" / "photos").glob("*.jpg")):
            pixels = read_photo(path.read_bytes(), PreprocessingSpec(size=self._size)).pixels
            yield {self._name: pixels[np.newaxis].astype(np.float32) / 127.5 - 1}


if __name__ == "__main__":
    make()
