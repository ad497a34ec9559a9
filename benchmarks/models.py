"""The networks of the peers: Xception with twelve classes and random weights, which cost no less time.

``python -m benchmarks.models`` makes them all, with the training's TensorFlow and, beside it, the
packages of ``bench-convert``; the bench runs it in a process of its own.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.places import LOGS, MODELS, ROOT, kept
from benchmarks.task import NotInstalledError, task

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
    """Have all models made, if one is missing.

    Raises
    ------
    NotInstalledError
        They cannot be made here; where the log is.
    """
    if all((MODELS / name).exists() for name in NAMES):
        return
    path = os.pathsep.join([str(ROOT), str(task("bench-convert"))])
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "models.log"
    with log.open("wb") as output:
        command = [sys.executable, "-m", "benchmarks.models"]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False)
    if done.returncode != 0:
        raise NotInstalledError(f"the networks of the peers could not be made; see {log.relative_to(ROOT)}")


def make() -> None:
    """Make what is missing."""
    import keras

    for size in (224, 299):
        keras.utils.set_random_seed(SEED)
        network = xception(size)
        kept(MODELS / f"xception-{size}.tflite", partial(_tflite, network))
        if size == 224:
            kept(MODELS / "xception-224.keras", partial(_keras, network))
            floats = kept(MODELS / "xception-224.onnx", partial(_onnx, network))
            kept(MODELS / "xception-224-int8.onnx", partial(_onnx_int8, floats))


def xception(size: int) -> Any:
    """Return the released model's network without its other outputs, for ``float32[1, S, S, 3]`` in -1..1."""
    import keras

    from training.networks.backbones import find_backbone

    seeing = find_backbone("xception").build(size)
    pooled = keras.layers.GlobalAveragePooling2D()(seeing.output)
    return keras.Model(seeing.input, keras.layers.Dense(CLASSES, activation="softmax")(pooled))


def _keras(network: Any, path: Path) -> None:
    with TemporaryDirectory() as scratch:  # Keras wants its own suffix
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
    """The seedlings that come with the project, as ONNX Runtime's quantizer asks for them."""

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
