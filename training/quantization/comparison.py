"""The number formats side by side: what each costs and what it loses."""

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from training.progress import track
from training.quantization.agreement import macro_f1
from training.quantization.export import Variant
from training.quantization.sqnr import LayerNoise, noise_by_layer

# Values of every position of every layer go into the noise: a few photos say it.
LAYER_PHOTOS = 16


@dataclass(frozen=True, slots=True)
class Answers:
    """``logits float32[N, K]`` of one file, and the median time of an inference in ms."""

    logits: NDArray[np.float32]
    median_ms: float


@dataclass(frozen=True, slots=True)
class VariantFacts:
    """One number format on validation photos.

    Attributes
    ----------
    name : str
        ``fp32``, ``fp16``, ``dynamic`` or ``int8``.
    accuracy, macro_f1 : float
        0..1.
    agreement : float
        Share of the photos with the first species that the Keras model names, 0..1.
    size_bytes : int
        Of the file.
    median_ms : float
        Of one inference with so many threads.
    threads : int
        Of LiteRT.
    """

    name: Variant
    accuracy: float
    macro_f1: float
    agreement: float
    size_bytes: int
    median_ms: float
    threads: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The number formats on so many photos, and what each layer of the int8 one has lost."""

    photos: int
    variants: list[VariantFacts]
    layers: list[LayerNoise]


def ask(tflite: bytes, photos: NDArray[np.uint8], threads: int, name: str) -> Answers:
    """Run every photo ``uint8[N, S, S, 3]`` through a float or dynamic file, one at a time.

    The classifier that serves takes quantized outputs only, so it is not for these.
    """
    interpreter = Interpreter(model_content=tflite, num_threads=threads)
    interpreter.allocate_tensors()
    picture = interpreter.get_input_details()[0]
    (logits,) = (each for each in interpreter.get_output_details() if each["name"] == "logits")
    answers, times = [], []
    for photo in track(photos, len(photos), f"Trying {name}"):
        started = perf_counter()
        interpreter.set_tensor(picture["index"], photo[np.newaxis].astype(np.float32))
        interpreter.invoke()
        answers.append(interpreter.get_tensor(logits["index"])[0])
        times.append(perf_counter() - started)
    return Answers(np.stack(answers), 1000 * float(np.median(times)))


def compare(
    files: Mapping[Variant, bytes],
    photos: NDArray[np.uint8],
    labels: NDArray[np.int64],
    exact: NDArray[np.float32],
    int8: Answers,
    threads: int,
) -> Comparison:
    """Judge each number format by its answers.

    Parameters
    ----------
    files : mapping
        From :func:`training.quantization.variants`.
    photos, labels : ndarray
        ``uint8[N, S, S, 3]`` and ``int64[N]``: what they show.
    exact : ndarray
        ``float32[N, K]``: the Keras model's logits for the photos.
    int8 : Answers
        What the classifier that serves made of the photos.
    threads : int
        What it was asked with, and the others will be.
    """
    answers = {
        name: int8 if name == "int8" else ask(file, photos, threads, name) for name, file in files.items()
    }
    first = exact.argmax(axis=1)
    facts = []
    for name, given in answers.items():
        predicted = given.logits.argmax(axis=1)
        facts.append(
            VariantFacts(
                name=name,
                accuracy=float((predicted == labels).mean()),
                macro_f1=macro_f1(labels, predicted),
                agreement=float((predicted == first).mean()),
                size_bytes=len(files[name]),
                median_ms=round(given.median_ms, 2),
                threads=threads,
            )
        )
    noise = noise_by_layer(files["fp32"], files["int8"], photos[:LAYER_PHOTOS])
    return Comparison(len(photos), facts, noise)
