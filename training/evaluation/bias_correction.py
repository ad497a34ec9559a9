"""Bias correction: an offset for each species' logit, fitted to validation photos."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.model_selection import RepeatedKFold

from training.evaluation.standard_error import clearly_worse

# Weights of the penalty on squared biases, from no biases at all to nearly free ones.
PENALTIES = (np.inf, 100.0, 30.0, 10.0, 3.0, 1.0)
# Repeated, because one draw of the folds moves the loss as much as a penalty does.
FOLDS, DRAWS = 10, 10
LOG_SCALES = (-3.0, 3.0)


@dataclass(frozen=True, slots=True)
class BiasCorrection:
    """The biases, and their cross-validated loss.

    Attributes
    ----------
    biases
        ``float32[K]``, added to the logits.
    loss, loss_without
        Negative log-likelihood a photo, in nats, cross-validated: with the biases, and with a
        temperature alone. None where there were too few photos.
    """

    biases: NDArray[np.float32]
    loss: float | None = None
    loss_without: float | None = None


def fit_biases(logits: NDArray[np.float32], labels: NDArray[np.int64], seed: int) -> BiasCorrection:
    """Fit the biases of bias-corrected temperature scaling (Alexandari et al. 2020, arXiv:1901.06852).

    A penalty on their squares keeps the biases small. The strongest penalty whose loss is within one
    standard error of the best, by ten-fold cross-validation, is chosen. The strongest of all leaves no
    biases. On some hundred photos a bias depends on one or two mistakes, so the best loss alone would
    overfit.

    Parameters
    ----------
    logits
        ``float32[N, K]`` of validation photos. With fewer than the folds there are no biases.
    labels
        ``int64[N]``. A species without a photo keeps its logit.
    seed
        Of the folds.
    """
    values = logits.astype(np.float64)
    if len(labels) < FOLDS:
        return BiasCorrection(np.zeros_like(logits[0]))
    losses = {penalty: _held_out(values, labels, penalty, seed) for penalty in PENALTIES}
    best = min(losses.values(), key=np.mean)
    chosen = next(p for p in PENALTIES if not clearly_worse(losses[p], best))
    biases = _fit(values, labels, chosen).biases
    return BiasCorrection(
        biases.astype(np.float32), float(losses[chosen].mean()), float(losses[np.inf].mean())
    )


@dataclass(frozen=True, slots=True)
class _Fit:
    scale: float
    biases: NDArray[np.float64]

    @classmethod
    def of(cls, parameters: NDArray[np.float64]) -> "_Fit":
        return cls(float(np.exp(parameters[0])), parameters[1:])

    def log_probabilities(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(log_softmax(self.scale * (logits + self.biases), axis=1))


def _held_out(
    logits: NDArray[np.float64], labels: NDArray[np.int64], penalty: float, seed: int
) -> NDArray[np.float64]:
    """Return each photo's cross-validated loss, ``float64[N]``, the mean of several draws of the folds."""
    losses = np.zeros(len(labels))
    for fitted, held_out in RepeatedKFold(n_splits=FOLDS, n_repeats=DRAWS, random_state=seed).split(logits):
        fit = _fit(logits[fitted], labels[fitted], penalty)
        losses[held_out] += _losses(fit, logits[held_out], labels[held_out])
    return losses / DRAWS


def _losses(fit: _Fit, logits: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    return -fit.log_probabilities(logits)[np.arange(len(labels)), labels]


def _fit(logits: NDArray[np.float64], labels: NDArray[np.int64], penalty: float) -> _Fit:
    classes = logits.shape[1]
    truth = np.eye(classes)[labels]
    free = np.isfinite(penalty) & (np.bincount(labels, minlength=classes) > 0)
    weight = penalty if np.isfinite(penalty) else 0

    def objective(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        fit = _Fit.of(parameters)
        surplus = np.exp(fit.log_probabilities(logits)) - truth
        by_scale = fit.scale * (surplus * (logits + fit.biases)).sum()
        by_bias = fit.scale * surplus.sum(axis=0) + 2 * weight * fit.biases
        loss = float(_losses(fit, logits, labels).sum()) + weight * float((fit.biases**2).sum())
        return loss, np.concatenate([[by_scale], by_bias])

    bounds = [LOG_SCALES] + [(None, None) if each else (0.0, 0.0) for each in free]
    found = minimize(objective, np.zeros(1 + classes), jac=True, method="L-BFGS-B", bounds=bounds)
    return _Fit.of(found.x)
