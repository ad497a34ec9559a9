"""A confidence that means what it says, and the thresholds below which less is said."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from frond.classifier import energy, softmax
from frond.manifest import Abstention

# Share of known validation photos that must pass as known.
ACCEPTANCE = 0.95
# Under it the first species is no likelier than all the others together.
UNCERTAIN_BELOW = 0.5
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


def choose_abstention(logits: NDArray[np.float32], temperature: float) -> Abstention:
    """Return thresholds that let :data:`ACCEPTANCE` of these known photos pass."""
    threshold = float(np.quantile(energy(logits, temperature), 1 - ACCEPTANCE))
    return Abstention(not_recognised_below=threshold, uncertain_below=UNCERTAIN_BELOW, acceptance=ACCEPTANCE)


def expected_calibration_error(confidences: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Return the mean gap between confidence and accuracy over equal-width bins, 0 to 1 (Guo et al.)."""
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidences[bins == b].mean() - correct[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(gaps))
