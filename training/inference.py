"""Many pictures through the classifier that serves."""

from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier
from training.progress import track


class Outputs(Protocol):
    """What the model says of N photos."""

    @property
    def logits(self) -> NDArray[np.float32]:
        """``float32[N, K]``."""

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """``float32[N, E]``."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the model says of photos of its own species, and which species each one shows.

    Attributes
    ----------
    outputs
        Of N photos.
    labels
        ``int64[N]``.
    """

    outputs: Outputs
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Inferences:
    """What the model said of N photos, and how.

    Attributes
    ----------
    logits, embeddings
        ``float32[N, K]`` and ``float32[N, 64]``.
    median_ms
        Time of one, in ms.
    looked_twice
        Share of the photos that had a second look, 0 to 1.
    """

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    median_ms: float
    looked_twice: float = 0.0


def infer_all(
    classifier: Classifier, pictures: NDArray[np.uint8], purpose: str = "Classifying"
) -> Inferences:
    """Run every picture ``uint8[N, S, S, 3]`` through the model, one at a time, as serving does."""
    logits, embeddings, times, twice = [], [], [], []
    for picture in track(pictures, len(pictures), purpose):
        started = perf_counter()
        inference = classifier.infer(np.ascontiguousarray(picture))
        times.append(perf_counter() - started)
        logits.append(inference.logits)
        embeddings.append(inference.embedding)
        twice.append(inference.looks > 1)
    median_ms = 1000 * float(np.median(times))
    return Inferences(np.stack(logits), np.stack(embeddings), median_ms, float(np.mean(twice)))
