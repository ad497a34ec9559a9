"""Every score of :mod:`frond.ood_scores`, with parameters from training photos."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from sklearn.covariance import LedoitWolf

from frond.ood_scores import (
    Energy,
    EnergyAndMahalanobis,
    KLToUniform,
    Mahalanobis,
    MaximumSoftmax,
    Score,
    Spread,
    Vim,
)
from training.inference import Known

# Of the manifest; more would tell nothing, as the model's own numbers are int8.
DIGITS = 6
# Far less than rounding to int8 adds; keeps axes on which no photo differs from being infinitely strict.
FLOOR = 1e-6


def fit_scores(train: Known, temperature: float) -> list[Score]:
    """Return every score, the preferred first: in this order they measured on our models.

    Parameters
    ----------
    train
        Training photos. A class without one has no mean, so its photos will seem far from all.
    temperature
        That of the confidences.
    """
    energy = Energy(temperature=temperature)
    mahalanobis = fit_mahalanobis(train)
    return [
        KLToUniform(),
        energy,
        EnergyAndMahalanobis(
            energy=energy,
            energy_spread=_spread(energy, train),
            mahalanobis=mahalanobis,
            mahalanobis_spread=_spread(mahalanobis, train),
        ),
        fit_vim(train),
        mahalanobis,
        MaximumSoftmax(temperature=temperature),
    ]


def fit_mahalanobis(train: Known) -> Mahalanobis:
    """Return class means and one shared precision, the covariance shrunk (Ledoit & Wolf 2004)."""
    embeddings, labels = train.outputs.embeddings.astype(np.float64), train.labels
    classes, members = np.unique(labels, return_inverse=True)
    means = np.array([embeddings[labels == label].mean(axis=0) for label in classes])
    shape = LedoitWolf(assume_centered=True).fit(embeddings - means[members]).covariance_
    precision = np.linalg.inv(shape + FLOOR * np.eye(len(shape)))
    return Mahalanobis(
        means=[_rounded(row) for row in means],
        whitening=[_rounded(row) for row in np.linalg.cholesky(precision)],
    )


def fit_vim(train: Known) -> Vim:
    """Return ViM with half of the embedding's axes as the main ones.

    Its ``alpha`` makes the mean residual of training photos as large as their mean highest logit, as
    in the paper.
    """
    logits, embeddings = train.outputs.logits, train.outputs.embeddings
    axes = embeddings.shape[1] // 2
    centre = _rounded(embeddings.mean(axis=0, dtype=np.float64))
    residual = float(Vim(centre=centre, axes=axes, alpha=0).residual(embeddings).mean())
    highest = float(logits.max(axis=1).mean(dtype=np.float64))
    alpha = max(highest, 0) / residual if residual > FLOOR else 0
    return Vim(centre=centre, axes=axes, alpha=_rounded([alpha])[0])


def _spread(score: Score, train: Known) -> Spread:
    values = score.of(train.outputs.logits, train.outputs.embeddings)
    mean, std = _rounded([float(values.mean()), float(values.std())])
    return Spread(mean=mean, std=std if std > FLOOR else 1)


def _rounded(numbers: Iterable[float] | NDArray[np.float64]) -> list[float]:
    return [float(f"{number:.{DIGITS}g}") for number in numbers]
