"""The int8 model against the one it was made of."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

BATCH = 16

Outputs = dict[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two models say the same.

    Attributes
    ----------
    photos : int
        How many were compared.
    top1 : float
        Share of the photos with the same first class, 0..1.
    mean_logit_difference, max_logit_difference : float
        Of the absolute differences.
    embedding_cosine : float
        Mean cosine of the angle between the embeddings, -1..1.
    """

    photos: int
    top1: float
    mean_logit_difference: float
    max_logit_difference: float
    embedding_cosine: float

    def as_dict(self) -> dict[str, float]:
        """Return the numbers by name."""
        return asdict(self)


def agreement(
    model: keras.Model,
    tflite: bytes,
    photos: NDArray[np.uint8],
    progress: Callable[[int], None] | None = None,
) -> Agreement:
    """Run photos through the Keras model and the TFLite file and compare the answers.

    Parameters
    ----------
    model : keras.Model
        Input ``float32[N, S, S, 3]`` in 0..255, outputs ``logits`` and ``embedding``.
    tflite : bytes
        What :func:`training.quantization.quantize` made of it.
    photos : ndarray
        ``uint8[N, S, S, 3]``, at least one.
    progress : callable, optional
        Called with the number of photos done, batch by batch.
    """
    if not len(photos):
        raise ValueError("There are no photos to compare the models on.")
    session = _Session(tflite)
    exact, stored = [], []
    for start in range(0, len(photos), BATCH):
        batch = photos[start : start + BATCH]
        exact.append(_predicted(model, batch))
        stored.append(session.outputs(batch))
        if progress:
            progress(start + len(batch))
    return _compared(_joined(exact), _joined(stored))


def _compared(exact: Outputs, stored: Outputs) -> Agreement:
    difference = np.abs(exact["logits"] - stored["logits"])
    return Agreement(
        photos=len(difference),
        top1=float((exact["logits"].argmax(axis=1) == stored["logits"].argmax(axis=1)).mean()),
        mean_logit_difference=float(difference.mean()),
        max_logit_difference=float(difference.max()),
        embedding_cosine=float(_cosines(exact["embedding"], stored["embedding"]).mean()),
    )


def _cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines: NDArray[np.float32] = (one * other).sum(axis=1) / np.maximum(lengths, np.finfo(np.float32).tiny)
    return cosines


def _predicted(model: keras.Model, photos: NDArray[np.uint8]) -> Outputs:
    outputs: Outputs = model.predict_on_batch(photos.astype(np.float32))
    return outputs


def _joined(batches: list[Outputs]) -> Outputs:
    return {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}


class _Session:
    def __init__(self, tflite: bytes) -> None:
        self._interpreter = Interpreter(model_content=tflite, num_threads=2)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = self._interpreter.get_output_details()

    def outputs(self, photos: NDArray[np.uint8]) -> Outputs:
        return _joined([self._one(photo) for photo in photos])

    def _one(self, photo: NDArray[np.uint8]) -> Outputs:
        self._interpreter.set_tensor(self._input, photo[np.newaxis])
        self._interpreter.invoke()
        return {output["name"]: self._real(output) for output in self._outputs}

    def _real(self, output: dict[str, Any]) -> NDArray[np.float32]:
        scale, zero_point = output["quantization"]
        stored = self._interpreter.get_tensor(output["index"]).astype(np.float32)
        real: NDArray[np.float32] = (stored - zero_point) * np.float32(scale)
        return real
