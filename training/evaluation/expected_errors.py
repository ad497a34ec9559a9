"""Errors that the confidences predict, against those that occurred.

A photo with confidence c is misclassified with probability 1 − c. So the number of errors among photos has
a Poisson-binomial distribution, if the confidences are true.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import poisson_binom

from training.artifacts.metrics_file import CalibrationMetrics, ErrorCount, Estimate
from training.evaluation.intervals import mean_interval, share_interval

# An answer above it is taken as certain.
CONFIDENT = 0.9


def count_errors(confidences: NDArray[np.float64], correct: NDArray[np.bool_]) -> ErrorCount:
    """Count errors and compare them with the confidences, ``float64[N]`` of the top-1 species.

    The p-value is exact and two-sided: twice the smaller tail of the Poisson-binomial distribution, at most
    1.
    """
    photos, observed = len(correct), int((~correct).sum())
    chances = 1 - np.clip(confidences, 0, 1)
    low, high = share_interval(observed, photos)
    return ErrorCount(
        photos=photos,
        expected=float(chances.sum()),
        observed=observed,
        p_value=_two_sided(chances, observed) if photos else 1.0,
        share_interval=(low, high),
    )


def measure_calibration(
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    verdicts: NDArray[np.str_],
    slugs: list[str],
    groups: NDArray[np.int64],
) -> CalibrationMetrics:
    """Measure how true the confidences are.

    Parameters
    ----------
    probabilities
        ``float64[N, K]``, the calibrated confidences of all species.
    labels
        ``int64[N]``.
    verdicts
        ``str[N]``.
    slugs
        The species, in the order of the probabilities.
    groups
        ``int64[N]``, of photos that err together, for the intervals of the means.
    """
    predicted, confidences = probabilities.argmax(axis=1), probabilities.max(axis=1)
    correct = predicted == labels
    own = probabilities[np.arange(len(labels)), labels]
    losses = -np.log(own + np.finfo(np.float64).tiny)
    squares = ((probabilities - np.eye(len(slugs))[labels]) ** 2).sum(axis=1)
    confident = (verdicts == "identified") & (confidences > CONFIDENT)
    return CalibrationMetrics(
        negative_log_likelihood=_estimate(losses, groups),
        brier=_estimate(squares, groups),
        errors=count_errors(confidences, correct),
        confident_errors=count_errors(confidences[confident], correct[confident]),
        chance_of_an_error=float(1 - np.prod(np.clip(confidences, 0, 1))),
        by_answer={
            slug: count_errors(confidences[predicted == species], correct[predicted == species])
            for species, slug in enumerate(slugs)
        },
    )


def _estimate(values: NDArray[np.float64], groups: NDArray[np.int64]) -> Estimate:
    low, high = mean_interval(values, groups)
    return Estimate(mean=float(values.mean()), low=low, high=high)


def _two_sided(chances: NDArray[np.float64], observed: int) -> float:
    errors = poisson_binom(chances)
    few, many = errors.cdf(observed), errors.sf(observed - 1) if observed else 1.0
    return float(np.clip(2 * min(few, many), 0, 1))
