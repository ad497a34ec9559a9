"""The record of a calibration, for the report."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from frond.calibration import Calibrator
from training.artifacts.predictions import PhotoLogits
from training.artifacts.trials import CalibrationTrial, PairTrial
from training.calibration.basis import FittedCalibrator
from training.calibration.fitting import at_bound, fit_temperature


def describe_calibration(fitted: FittedCalibrator, slugs: Sequence[str]) -> CalibrationTrial:
    """Return what a calibrator was fitted to, and its loss there.

    Parameters
    ----------
    slugs
        The species, in the order of the logits.
    """
    calibrator, known = fitted.calibrator, fitted.known
    predicted = known.logits.argmax(axis=1)
    single = Calibrator(fit_temperature(known.logits, known.labels))
    return CalibrationTrial(
        source=fitted.source,
        photos=len(known.labels),
        errors=int((predicted != known.labels).sum()),
        logit_scale=fitted.scale,
        temperature=calibrator.temperature,
        pairs=[
            PairTrial(
                species=(slugs[pair.first], slugs[pair.second]),
                photos=int(np.isin(known.labels, pair[:2]).sum()),
                mutual_errors=_mutual_errors(known.labels, predicted, pair.first, pair.second),
                temperature=pair.temperature,
            )
            for pair in calibrator.pairs
        ],
        loss=_loss(calibrator, known),
        loss_of_one_temperature=_loss(single, known),
        warnings=_warnings(calibrator, slugs),
    )


def _mutual_errors(labels: NDArray[np.int64], predicted: NDArray[np.int64], first: int, second: int) -> int:
    pair = (first, second)
    return int((np.isin(labels, pair) & np.isin(predicted, pair) & (labels != predicted)).sum())


def _loss(calibrator: Calibrator, known: PhotoLogits) -> float:
    own = calibrator.confidences(known.logits)[np.arange(len(known.labels)), known.labels]
    return float(-np.log(own + np.finfo(np.float64).tiny).mean())


def _warnings(calibrator: Calibrator, slugs: Sequence[str]) -> list[str]:
    named = {"the temperature": calibrator.temperature} | {
        f"the temperature between {slugs[pair.first]} and {slugs[pair.second]}": pair.temperature
        for pair in calibrator.pairs
    }
    return [
        f"The calibration ran into its bound: {name} is {value:.3g}. The confidences are not to be trusted; "
        "check the labels of the validation photos."
        for name, value in named.items()
        if at_bound(value)
    ]
