"""Fitting of the out-of-distribution scores to training photos."""

import numpy as np
from sklearn.covariance import LedoitWolf

from frond.ood_scores import KLToUniform, MaximumSoftmax, Score
from training.batch_inference import LabeledOutputs
from training.ood.scores import Energy, EnergyAndMahalanobis, Mahalanobis, OodScore, Spread, Vim

# Far below the rounding error of int8; an axis without variance would otherwise get an infinite weight.
FLOOR = 1e-6


def served_scores(temperature: float) -> list[Score]:
    """Return the scores that a manifest may name, the preferred one first."""
    return [KLToUniform(), MaximumSoftmax(temperature=temperature)]


def fit_scores(train: LabeledOutputs, temperature: float) -> list[OodScore]:
    """Return every score, in the order of their results on our models.

    Parameters
    ----------
    train
        Training photos. A class without one has no mean, so its photos seem far from all classes.
    temperature
        That of the confidences.
    """
    divergence, maximum_softmax = served_scores(temperature)
    energy = Energy(temperature)
    mahalanobis = fit_mahalanobis(train)
    both = EnergyAndMahalanobis(energy, _spread(energy, train), mahalanobis, _spread(mahalanobis, train))
    return [divergence, energy, both, fit_vim(train), mahalanobis, maximum_softmax]


def fit_mahalanobis(train: LabeledOutputs) -> Mahalanobis:
    """Fit class means and one shared precision, with a shrunk covariance (Ledoit & Wolf 2004)."""
    embeddings, labels = train.outputs.embeddings.astype(np.float64), train.labels
    classes, members = np.unique(labels, return_inverse=True)
    means = np.array([embeddings[labels == label].mean(axis=0) for label in classes])
    covariance = LedoitWolf(assume_centered=True).fit(embeddings - means[members]).covariance_
    precision = np.linalg.inv(covariance + FLOOR * np.eye(len(covariance)))
    return Mahalanobis(means, np.linalg.cholesky(precision))


def fit_vim(train: LabeledOutputs) -> Vim:
    """Fit ViM with half of the embedding's components as the principal subspace.

    As in the paper, ``alpha`` makes the mean residual of training photos as large as their mean highest
    logit.
    """
    logits, embeddings = train.outputs.logits, train.outputs.embeddings
    axes = embeddings.shape[1] // 2
    centre = embeddings.mean(axis=0, dtype=np.float64)
    residual = float(Vim(centre, axes, alpha=0).residual(embeddings).mean())
    highest = float(logits.max(axis=1).mean(dtype=np.float64))
    return Vim(centre, axes, alpha=max(highest, 0) / residual if residual > FLOOR else 0)


def _spread(score: OodScore, train: LabeledOutputs) -> Spread:
    values = score.of(train.outputs.logits, train.outputs.embeddings)
    std = float(values.std())
    return Spread(float(values.mean()), std if std > FLOOR else 1)
