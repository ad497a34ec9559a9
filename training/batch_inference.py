"""Batch inference through the classifier that serves."""

from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from frond.classifier import Classifier
from frond.image_quality import Issue
from training.progress import track


class ModelOutputs(Protocol):
    """The model's outputs for N photos."""

    @property
    def logits(self) -> NDArray[np.float32]:
        """``float32[N, K]``."""

    @property
    def embeddings(self) -> NDArray[np.float32]:
        """``float32[N, E]``."""


@dataclass(frozen=True, slots=True)
class LabeledOutputs:
    """The model's outputs for photos of its own species, with their labels.

    Attributes
    ----------
    outputs
        Of N photos.
    labels
        ``int64[N]``.
    """

    outputs: ModelOutputs
    labels: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Inferences:
    """The model's outputs for N photos, with the time of an inference.

    Attributes
    ----------
    logits, embeddings
        ``float32[N, K]`` and ``float32[N, 64]``.
    median_ms
        Time of one inference, in ms.
    tta_share
        Share of the photos with test-time augmentation, 0 to 1.
    issues
        The quality issues of each photo.
    """

    logits: NDArray[np.float32]
    embeddings: NDArray[np.float32]
    median_ms: float
    tta_share: float = 0.0
    issues: tuple[tuple[Issue, ...], ...] = ()


def infer_all(
    classifier: Classifier, pictures: NDArray[np.uint8], purpose: str = "Classifying"
) -> Inferences:
    """Run every picture ``uint8[N, S, S, 3]`` through the model, one at a time as in serving."""
    logits, embeddings, times, augmented, issues = [], [], [], [], []
    for picture in track(pictures, len(pictures), purpose):
        started = perf_counter()
        inference = classifier.infer(np.ascontiguousarray(picture))
        times.append(perf_counter() - started)
        logits.append(inference.logits)
        embeddings.append(inference.embedding)
        augmented.append(inference.views > 1)
        issues.append(inference.issues)
    median_ms = 1000 * float(np.median(times))
    shares = median_ms, float(np.mean(augmented))
    return Inferences(np.stack(logits), np.stack(embeddings), *shares, tuple(issues))
