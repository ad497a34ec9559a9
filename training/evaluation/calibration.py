"""A confidence that means what it says, and by how much it does not."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from frond.ood_scores import softmax

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


def expected_calibration_error(confidences: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Return the mean gap between confidence and accuracy over equal-width bins, 0 to 1 (Guo et al.)."""
    bins = np.minimum((confidences * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidences[bins == b].mean() - correct[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(gaps))
