"""Label errors by confident learning (Northcutt, Jiang & Chuang 2021, doi:10.1613/jair.1.12125).

A photo is confidently of a class if its probability of it is at least the mean one of the photos with this
label. Photos that are confidently of another class than their label are likely mislabelled.
"""

import numpy as np
from numpy.typing import NDArray


def find_label_issues(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the photos that are confidently of another class, the most likely label errors first.

    Parameters
    ----------
    labels
        Given class of each photo, ``int64[N]``.
    probabilities
        ``float64[N, K]``, by models that were not trained on the photo.
    """
    suggested = confident_classes(labels, probabilities)
    issues = np.flatnonzero((suggested >= 0) & (suggested != labels))
    margins = normalized_margins(labels, probabilities)[issues]
    return issues[np.argsort(margins, kind="stable")]


def confident_classes(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the likeliest class that each photo is confidently of, ``int64[N]``; -1 for none."""
    confident = probabilities >= class_thresholds(labels, probabilities)
    likeliest = np.where(confident, probabilities, -1).argmax(axis=1)
    return np.where(confident.any(axis=1), likeliest, -1)


def class_thresholds(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean probability of each class among the photos with its label; 1 for a class without."""
    classes = probabilities.shape[1]
    sums = np.bincount(labels, probabilities[np.arange(len(labels)), labels], minlength=classes)
    counts = np.bincount(labels, minlength=classes)
    return np.where(counts > 0, sums / np.maximum(counts, 1), 1.0)


def normalized_margins(labels: NDArray[np.int64], probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the probability of the label less that of the best other class, -1 to 1."""
    photos = np.arange(len(labels))
    others = probabilities.copy()
    others[photos, labels] = -1
    margins: NDArray[np.float64] = probabilities[photos, labels] - others.max(axis=1)
    return margins
