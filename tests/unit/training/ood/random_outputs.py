"""Random model outputs: known photos lie in Gaussian clusters, one for each class."""

import numpy as np
from numpy.typing import NDArray

from training.batch_inference import Inferences, LabeledOutputs

CLASSES, WIDTH = 4, 8
CENTRES = 6 * np.eye(CLASSES, WIDTH)


def known(photos: int, seed: int = 0, sure: float = 6) -> LabeledOutputs:
    """Return outputs for photos of the four classes; a higher ``sure`` gives fewer errors."""
    random = np.random.default_rng(seed)
    labels = random.integers(CLASSES, size=photos)
    logits = random.normal(size=(photos, CLASSES)) + sure * np.eye(CLASSES)[labels]
    return LabeledOutputs(_inferences(logits, CENTRES[labels] + random.normal(size=(photos, WIDTH))), labels)


def unknown(photos: int, logit: float, away: float, seed: int = 1) -> Inferences:
    """Return outputs for out-of-distribution photos.

    Their highest logit is about ``logit``, and their embedding lies ``away`` from all the classes.
    """
    random = np.random.default_rng(seed)
    logits = random.normal(scale=0.3, size=(photos, CLASSES)) + logit * np.eye(CLASSES)[0]
    outside = away * np.eye(WIDTH)[-1]
    return _inferences(logits, CENTRES[0] + outside + random.normal(size=(photos, WIDTH)))


def _inferences(logits: NDArray[np.float64], embeddings: NDArray[np.float64]) -> Inferences:
    return Inferences(logits.astype(np.float32), embeddings.astype(np.float32), 1.0)


def two_classes(photos: int, logit_gap: float, seed: int = 1) -> Inferences:
    """Return outputs for out-of-distribution photos that look like two classes and unlike the others."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=0.01, size=(photos, CLASSES)) - 20
    logits[:, :2] += np.array([20 + logit_gap, 20])
    return _inferences(logits, CENTRES[0] + random.normal(size=(photos, WIDTH)))
