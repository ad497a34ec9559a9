"""Logits of a simulated network: labels are drawn from true probabilities, which it then overstates."""

import numpy as np
from numpy.typing import NDArray

from frond.calibration import Calibrator, PairScaling

CLASSES = 6
PAIR = (1, 4)
# Sure of every species by a temperature of 0.7, and less sure of the pair than its logits say.
TRUTH = Calibrator(0.7, (PairScaling(*PAIR, 2.5),))


def simulated(
    photos: int, seed: int = 0, truth: Calibrator = TRUTH
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return logits ``float32[N, K]``, and labels drawn with the confidences of a calibrator."""
    random = np.random.default_rng(seed)
    meant = random.integers(CLASSES, size=photos)
    drawn = random.normal(scale=0.8, size=(photos, CLASSES)) + 5 * np.eye(CLASSES)[meant]
    # The pair's logits are high together.
    in_pair = np.isin(meant, PAIR)
    for species in PAIR:
        drawn[in_pair, species] = 5 + random.normal(scale=2.5, size=in_pair.sum())
    logits = drawn.astype(np.float32)
    cumulative = truth.confidences(logits).cumsum(axis=1)
    return logits, np.minimum((random.random((photos, 1)) > cumulative).sum(axis=1), CLASSES - 1)


def perfect(photos: int, gap: float = 8.0) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return logits of a network that makes no mistake."""
    labels = np.arange(photos) % CLASSES
    return (gap * np.eye(CLASSES)[labels]).astype(np.float32), labels
