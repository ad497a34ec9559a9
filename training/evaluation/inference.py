"""Many pictures through the classifier that serves."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier
from training.progress import track


@dataclass(frozen=True, slots=True)
class Inferences:
    """``logits float32[N, K]``, ``embeddings float32[N, 64]`` and the median time of one, in ms."""

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    median_ms: float


def infer_all(
    classifier: Classifier, pictures: NDArray[np.uint8], purpose: str = "Classifying"
) -> Inferences:
    """Run every picture ``uint8[N, S, S, 3]`` through the model, one at a time, as serving does."""
    logits, embeddings, times = [], [], []
    for picture in track(pictures, len(pictures), purpose):
        started = perf_counter()
        inference = classifier.infer(np.ascontiguousarray(picture))
        times.append(perf_counter() - started)
        logits.append(inference.logits)
        embeddings.append(inference.embedding)
    return Inferences(np.stack(logits), np.stack(embeddings), 1000 * float(np.median(times)))
