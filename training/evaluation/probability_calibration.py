"""Temperature scaling, the reliability diagram and the expected calibration error."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from frond.ood_scores import softmax
from training.artifacts.metrics_file import CalibrationBin

BINS = 15


def fit_temperature(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Return the temperature with the least negative log-likelihood (Guo et al. 2017, arXiv:1706.04599).

    Parameters
    ----------
    logits
        ``float32[N, K]`` of validation photos.
    labels
        ``int64[N]``.
    """

    def loss(log_temperature: float) -> float:
        probabilities = softmax((logits / np.exp(log_temperature)).astype(np.float32))
        return -float(np.log(probabilities[np.arange(len(labels)), labels] + 1e-12).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def reliability(confidences: NDArray[np.float64], correct: NDArray[np.bool_]) -> list[CalibrationBin]:
    """Return accuracy over confidence in :data:`BINS` bins of equal width, without empty ones."""
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    members = (bins == filled for filled in np.unique(bins))
    return [
        CalibrationBin(
            confidence=float(confidences[chosen].mean()),
            accuracy=float(correct[chosen].mean()),
            photos=int(chosen.sum()),
        )
        for chosen in members
    ]


def expected_calibration_error(confidences: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Return the mean gap between confidence and accuracy over the bins of :func:`reliability`, 0 to 1."""
    bins = reliability(confidences, correct)
    return sum(abs(b.confidence - b.accuracy) * b.photos for b in bins) / len(confidences)
