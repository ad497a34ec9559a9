"""What a model might say of photos, drawn at random; what it knows lies in clouds, one for each class."""

import numpy as np
from numpy.typing import NDArray

from training.inference import Inferences
from training.ood import Known

CLASSES, WIDTH = 4, 8
CENTRES = 6 * np.eye(CLASSES, WIDTH)


def known(photos: int, seed: int = 0, sure: float = 6) -> Known:
    """Return photos of the four classes; the surer, the fewer are named wrongly."""
    random = np.random.default_rng(seed)
    labels = random.integers(CLASSES, size=photos)
    logits = random.normal(size=(photos, CLASSES)) + sure * np.eye(CLASSES)[labels]
    return Known(_said(logits, CENTRES[labels] + random.normal(size=(photos, WIDTH))), labels)


def unknown(photos: int, logit: float, away: float, seed: int = 1) -> Inferences:
    """Return photos of other things.

    Their highest logit is about ``logit``, and their embedding lies ``away`` from all the classes.
    """
    random = np.random.default_rng(seed)
    logits = random.normal(scale=0.3, size=(photos, CLASSES)) + logit * np.eye(CLASSES)[0]
    outside = away * np.eye(WIDTH)[-1]
    return _said(logits, CENTRES[0] + outside + random.normal(size=(photos, WIDTH)))


def _said(logits: NDArray[np.float64], embeddings: NDArray[np.float64]) -> Inferences:
    return Inferences(logits.astype(np.float32), embeddings.astype(np.float32), 1.0)
