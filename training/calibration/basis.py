"""What a model's confidences are fitted to."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from frond.calibration import Calibrator
from frond.tta import logit_gap
from training.artifacts.predictions import PhotoLogits
from training.calibration.fitting import fit_calibrator

Source = Literal["validation", "held_out", "inherited"]


@dataclass(frozen=True, slots=True)
class FittedCalibrator:
    """A calibrator, and where it is from.

    Attributes
    ----------
    known
        The photos of the fit with their logits; of an inherited calibrator, the model's validation photos.
    scale
        The factor of the logits it was fitted to or, if it is inherited, of the temperatures.
    """

    calibrator: Calibrator
    known: PhotoLogits
    source: Source
    scale: float = 1.0


def gap_ratio(logits: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """Return how much surer one network is than another on the same photos.

    That is the ratio of the median gaps of the top two logits, of ``float32[N, K]`` each; it needs no labels.
    """
    one, other = (float(np.median(logit_gap(each))) for each in (logits, others))
    return one / max(other, 1e-6)


class CalibrationBasis(Protocol):
    """What the confidences of a model are fitted to, instead of its validation photos."""

    def fit(self, validated: PhotoLogits, pictures: NDArray[np.uint8]) -> FittedCalibrator:
        """Fit the calibrator of a model.

        Parameters
        ----------
        validated
            The model's logits for its validation photos.
        pictures
            ``uint8[N, S, S, 3]``: these photos.
        """


class ValidationPhotos:
    """The model's own validation photos."""

    def fit(self, validated: PhotoLogits, pictures: NDArray[np.uint8]) -> FittedCalibrator:  # noqa: ARG002
        """Fit the calibrator to the model's logits for its validation photos."""
        return FittedCalibrator(fit_calibrator(validated.logits, validated.labels), validated, "validation")
