"""Comparison of the numeric formats: accuracy, size, speed and error by layer."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from training.evaluation.metrics import macro_f1
from training.progress import track
from training.quantization.sqnr import LayerSQNR, sqnr_by_layer
from training.quantization.tflite_export import NumericFormat

# The noise is a mean over every position of every layer, so a few photos suffice.
LAYER_PHOTOS = 16


@dataclass(frozen=True, slots=True)
class TimedLogits:
    """``logits float32[N, K]`` of one file, and its median inference time in ms."""

    logits: NDArray[np.float32]
    median_ms: float


@dataclass(frozen=True, slots=True)
class FormatMetrics:
    """Metrics of one numeric format on validation photos.

    Attributes
    ----------
    name : str
        ``fp32``, ``fp16``, ``dynamic`` or ``int8``.
    accuracy, macro_f1 : float
        0..1.
    agreement : float
        Share of the photos with the Keras model's top-1 species, 0..1.
    size_bytes : int
        Size of the file.
    median_ms : float
        Of one inference.
    threads : int
        Number of LiteRT threads.
    """

    name: NumericFormat
    accuracy: float
    macro_f1: float
    agreement: float
    size_bytes: int
    median_ms: float
    threads: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Metrics of the numeric formats, and the SQNR of each int8 layer."""

    photos: int
    variants: list[FormatMetrics]
    layers: list[LayerSQNR]


def run_interpreter(tflite: bytes, photos: NDArray[np.uint8], threads: int, name: str) -> TimedLogits:
    """Run every photo ``uint8[N, S, S, 3]`` through a float or dynamic file, one at a time.

    The serving classifier accepts quantized outputs only.
    """
    interpreter = Interpreter(model_content=tflite, num_threads=threads)
    interpreter.allocate_tensors()
    image = interpreter.get_input_details()[0]
    (output,) = (each for each in interpreter.get_output_details() if each["name"] == "logits")
    logits, times = [], []
    for photo in track(photos, len(photos), f"Running {name}"):
        started = perf_counter()
        interpreter.set_tensor(image["index"], photo[np.newaxis].astype(np.float32))
        interpreter.invoke()
        logits.append(interpreter.get_tensor(output["index"])[0])
        times.append(perf_counter() - started)
    return TimedLogits(np.stack(logits), 1000 * float(np.median(times)))


def compare_formats(
    files: Mapping[NumericFormat, bytes],
    photos: NDArray[np.uint8],
    labels: NDArray[np.int64],
    exact: NDArray[np.float32],
    int8: TimedLogits,
    threads: int,
) -> Comparison:
    """Compare the numeric formats on the same photos.

    Parameters
    ----------
    files : mapping
        From :func:`training.quantization.export_all_formats`.
    photos, labels : ndarray
        ``uint8[N, S, S, 3]`` and their true classes ``int64[N]``.
    exact : ndarray
        ``float32[N, K]``: the Keras model's logits for the photos.
    int8 : Answers
        From the serving classifier.
    threads : int
        Number of LiteRT threads, for int8 as for the others.
    """
    outputs = {
        name: int8 if name == "int8" else run_interpreter(file, photos, threads, name)
        for name, file in files.items()
    }
    first = exact.argmax(axis=1)
    metrics = []
    for name, timed in outputs.items():
        predicted = timed.logits.argmax(axis=1)
        metrics.append(
            FormatMetrics(
                name=name,
                accuracy=float((predicted == labels).mean()),
                macro_f1=macro_f1(labels, predicted),
                agreement=float((predicted == first).mean()),
                size_bytes=len(files[name]),
                median_ms=round(timed.median_ms, 2),
                threads=threads,
            )
        )
    layers = sqnr_by_layer(files["fp32"], files["int8"], photos[:LAYER_PHOTOS])
    return Comparison(len(photos), metrics, layers)
