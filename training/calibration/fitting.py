"""Fit a temperature, and one more between the two species of each confused pair.

The likelihood falls into two factors: which species, with each pair counted as one, and which of the pair.
So the two kinds of temperature are fitted one after the other, each to its own factor.

A network that makes no mistake on the photos would get a temperature of nearly zero, and confidences of 1.
So the targets are those of Platt 1999: of N photos, N + 1 out of N + 2 have their species. This is the rule
of succession, the mean of the error rate under a uniform prior; it adds about one error.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from frond.calibration import Calibrator, PairScaling
from frond.ood_scores import softmax

LOG_TEMPERATURES = (-3.0, 3.0)
# Nearer to a bound, in the logarithm, than a fit that it does not cut off.
AT_BOUND = 0.01
# One error can be a wrong label.
MIN_MUTUAL_ERRORS = 2
# Of the photos of both species; a pair with fewer errors needs none.
MIN_ERROR_SHARE = 0.01


def fit_calibrator(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> Calibrator:
    """Fit the map from logits to confidences.

    Parameters
    ----------
    logits
        ``float32[N, K]`` of photos that the network was not trained on.
    labels
        ``int64[N]``.
    """
    pairs = confused_pairs(logits, labels)
    scalings = tuple(PairScaling(*pair, fit_pair(logits, labels, pair)) for pair in pairs)
    return Calibrator(fit_temperature(logits, labels, pairs), scalings)


def confused_pairs(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Return the pairs of species that are each other's errors, the most frequent first.

    A pair has at least :data:`MIN_MUTUAL_ERRORS` errors, which are :data:`MIN_ERROR_SHARE` of its photos.
    No species is in two pairs. See :func:`fit_calibrator` for the parameters.
    """
    classes = logits.shape[1]
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, logits.argmax(axis=1)), 1)
    mutual, photos = np.triu(counts + counts.T, 1), counts.sum(axis=1)
    found: list[tuple[int, int]] = []
    for place in np.argsort(-mutual, axis=None, kind="stable"):
        first, second = map(int, divmod(int(place), classes))
        errors = mutual[first, second]
        if errors < MIN_MUTUAL_ERRORS:
            break
        taken = {species for pair in found for species in pair}
        if not {first, second} & taken and errors >= MIN_ERROR_SHARE * (photos[first] + photos[second]):
            found.append((first, second))
    return found


def fit_temperature(
    logits: NDArray[np.float32], labels: NDArray[np.int64], pairs: Sequence[tuple[int, int]] = ()
) -> float:
    """Return the temperature of least negative log-likelihood (Guo et al. 2017, arXiv:1706.04599).

    Each photo has one part in N + 2 of its strongest rival instead of its own species.

    Parameters
    ----------
    logits, labels
        As in :func:`fit_calibrator`.
    pairs
        Indices of species that count as one.
    """
    rows, truth = np.arange(len(labels)), labels.copy()
    for first, second in pairs:
        truth[truth == second] = first
    doubt = 1 / (len(labels) + 2)

    def loss(temperature: float) -> float:
        probabilities = softmax(logits / temperature)
        for first, second in pairs:
            probabilities[:, first] += probabilities[:, second]
            probabilities[:, second] = 0
        own = probabilities[rows, truth]
        probabilities[rows, truth] = 0
        return float(-((1 - doubt) * _log(own) + doubt * _log(probabilities.max(axis=1))).mean())

    return _minimize(loss)


def fit_pair(logits: NDArray[np.float32], labels: NDArray[np.int64], pair: tuple[int, int]) -> float:
    """Return the temperature between two species: Platt scaling of their logits' difference, without offset.

    An offset moves the border between the two. It depends on how often each occurs, and on some ten errors.

    Parameters
    ----------
    logits, labels
        As in :func:`fit_calibrator`; only the photos of the two species count.
    pair
        Indices of the two species.
    """
    first, second = pair
    members = np.isin(labels, pair)
    gaps = logits[members, first].astype(np.float64) - logits[members, second]
    is_first = labels[members] == first
    ones, zeros = int(is_first.sum()), int((~is_first).sum())
    targets = np.where(is_first, (ones + 1) / (ones + 2), 1 / (zeros + 2))

    def loss(temperature: float) -> float:
        scaled = gaps / temperature
        return float((targets * np.logaddexp(0, -scaled) + (1 - targets) * np.logaddexp(0, scaled)).mean())

    return _minimize(loss)


def at_bound(temperature: float) -> bool:
    """Return whether the bounds of the fit cut a temperature off."""
    return any(abs(math.log(temperature) - bound) < AT_BOUND for bound in LOG_TEMPERATURES)


def _minimize(loss: Callable[[float], float]) -> float:
    found = minimize_scalar(lambda log: loss(float(np.exp(log))), bounds=LOG_TEMPERATURES, method="bounded")
    return float(np.exp(found.x))


def _log(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(probabilities + np.finfo(np.float64).tiny))
