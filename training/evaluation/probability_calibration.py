"""The reliability diagram and the expected calibration error."""

import numpy as np
from numpy.typing import NDArray

from training.artifacts.metrics_file import CalibrationBin

BINS = 15


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
