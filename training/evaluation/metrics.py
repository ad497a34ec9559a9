"""Classification metrics by species, and shares of verdicts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import classification_report, f1_score

from training.evaluation.intervals import Resamples, share_interval

VERDICTS = ("identified", "uncertain", "not_recognised")


def macro_f1(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> float:
    """Return the mean F1 of the species among labels or answers, 0 to 1, each with the same weight."""
    return float(f1_score(labels, predicted, average="macro", zero_division=0))


def macro_f1_interval(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], groups: NDArray[np.int64] | Sequence[str]
) -> tuple[float, float]:
    """Return the 2.5 and 97.5 percentiles of macro F1 over resampled groups (the bootstrap, Efron 1979).

    Without an error every resample is perfect. The low end is then that of the accuracy's exact interval,
    in which a group counts once.

    Parameters
    ----------
    labels, predicted
        ``int64[N]``.
    groups
        The group of each photo: a plant, a plot, or near-duplicates.
    """
    if (labels == predicted).all():
        independent = len(np.unique(groups))
        return share_interval(independent, independent)
    low, high = np.percentile(resampled_macro_f1(labels, predicted, Resamples.of(groups)), [2.5, 97.5])
    return float(low), float(high)


def resampled_macro_f1(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], resamples: Resamples
) -> NDArray[np.float64]:
    """Return :func:`macro_f1` of each resample, ``float64[R]``."""
    species = np.eye(int(max(labels.max(), predicted.max())) + 1)
    found = resamples.sums(species[labels] * (labels == predicted)[:, np.newaxis])
    seen = resamples.sums(species[labels] + species[predicted])
    f1: NDArray[np.float64] = (2 * found / np.maximum(seen, 1)).sum(axis=1) / (seen > 0).sum(axis=1)
    return f1


def macro_f1_of_samples(labels: NDArray[np.int64], predicted: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return :func:`macro_f1` of each of S samples ``int64[S, N]``, vectorised for the bootstrap."""
    species = int(max(labels.max(), predicted.max())) + 1
    seen = _counts(labels, species) + _counts(predicted, species)
    # A wrong answer is counted as an extra species, which is then dropped.
    found = _counts(np.where(labels == predicted, labels, species), species + 1)[:, :species]
    f1: NDArray[np.float64] = (2 * found / np.maximum(seen, 1)).sum(axis=1) / (seen > 0).sum(axis=1)
    return f1


def by_species(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], slugs: list[str]
) -> dict[str, dict[str, float]]:
    """Return precision, recall, ``f1-score`` (0 to 1) and support (photos) of each species.

    ``precision_low`` and ``precision_high``, ``recall_low`` and ``recall_high`` are exact 95 % intervals.
    """
    table = classification_report(
        labels, predicted, labels=range(len(slugs)), target_names=slugs, output_dict=True, zero_division=0
    )
    rows = {slug: table[slug] | _ends(labels, predicted, species) for species, slug in enumerate(slugs)}
    return {slug: {name: round(float(value), 4) for name, value in row.items()} for slug, row in rows.items()}


def verdict_shares(verdicts: NDArray[np.str_]) -> dict[str, float]:
    """Return the share of the photos with each verdict, 0 to 1."""
    return {verdict: float((verdicts == verdict).mean()) for verdict in VERDICTS}


def accuracy_of_identified(verdicts: NDArray[np.str_], correct: NDArray[np.bool_]) -> float:
    """Return the accuracy among the photos that were identified; 0 where none was."""
    identified = verdicts == "identified"
    return float(correct[identified].mean()) if identified.any() else 0.0


def _ends(labels: NDArray[np.int64], predicted: NDArray[np.int64], species: int) -> dict[str, float]:
    found = int(((labels == species) & (predicted == species)).sum())
    ends = {}
    for name, photos in (("precision", predicted), ("recall", labels)):
        ends[f"{name}_low"], ends[f"{name}_high"] = share_interval(found, int((photos == species).sum()))
    return ends


def _counts(numbers: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return how often each number under ``most`` is in each row, ``int64[S, most]``."""
    rows = np.arange(len(numbers))[:, np.newaxis] * most
    return np.bincount((numbers + rows).ravel(), minlength=len(numbers) * most).reshape(-1, most)
