"""Suspect photos: likely label errors, photos without a plant, and photos under two labels."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.cleaning.confident_learning import confident_classes, find_label_issues, normalized_margins
from training.cleaning.image_issues import find_image_issues
from training.data.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Suspect:
    """A photo to look at.

    Attributes
    ----------
    photo
        Its index in the data set.
    reason
        Why it is listed.
    given, suggested
        Class folders; ``suggested`` is empty where no other class is likely.
    margin
        Out-of-fold probability of the label less that of the best other class, -1 to 1; None if unknown.
    """

    photo: int
    reason: str
    given: str
    suggested: str
    margin: float | None


def find_suspects(dataset: Dataset, probabilities: NDArray[np.float64]) -> list[Suspect]:
    """Find the photos to look at, the most suspicious first.

    Parameters
    ----------
    probabilities
        Out-of-fold, ``float64[N, K]``; NaN for photos without.
    """
    folders = dataset.card.folders
    known = np.flatnonzero(~np.isnan(probabilities).any(axis=1))
    labels, predicted = dataset.labels[known], probabilities[known]
    suggested = confident_classes(labels, predicted)
    margins = dict(zip(known.tolist(), normalized_margins(labels, predicted).tolist(), strict=True))
    reasons: dict[int, str] = dict(find_image_issues(dataset.pictures))
    reasons |= dict.fromkeys(_under_two_labels(dataset), "same photo under two labels")
    likely = {int(known[i]): int(suggested[i]) for i in find_label_issues(labels, predicted)}
    for photo in likely:
        reasons[photo] = (
            f"{reasons[photo]}, and likely another label" if photo in reasons else "likely another label"
        )
    first = [photo for photo in reasons if photo not in likely]
    return [
        _suspect(dataset, photo, reasons[photo], folders[likely[photo]] if photo in likely else "", margins)
        for photo in [*sorted(first), *likely]
    ]


def _suspect(
    dataset: Dataset, photo: int, reason: str, suggested: str, margins: Mapping[int, float]
) -> Suspect:
    given = dataset.card.folders[dataset.labels[photo]]
    return Suspect(photo, reason, given, suggested, margins.get(photo))


def _under_two_labels(dataset: Dataset) -> list[int]:
    """Return the photos with two labels: those on the data card, and those with equal bytes."""
    place = {row.source: photo for photo, row in enumerate(dataset.rows)}
    listed = {
        place[source] for sources in dataset.card.label_conflicts for source in sources if source in place
    }
    labels_of: dict[str, set[int]] = {}
    for row in dataset.rows:
        labels_of.setdefault(row.sha256, set()).add(row.label)
    equal = {photo for photo, row in enumerate(dataset.rows) if len(labels_of[row.sha256]) > 1}
    return sorted(listed | equal)
