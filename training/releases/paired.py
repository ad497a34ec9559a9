"""Comparison of two models on the same photos, photo by photo.

Two models share the difficulty of their photos. So the difference on each photo varies much less than
either score.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from frond.manifest import Manifest
from training.artifacts.metrics_file import Estimate
from training.artifacts.predictions import parse_photo_logits
from training.errors import TrainingError
from training.evaluation.intervals import Resamples, mean_interval
from training.evaluation.metrics import macro_f1, resampled_macro_f1

# Of the earlier model's test photos; fewer are another test.
MIN_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class MeasuredModel:
    """A model's manifest with the content of its ``report/predictions.csv``; None if it has none."""

    manifest: Manifest
    predictions: bytes | None


class PhotoAnswer(NamedTuple):
    """The true species and the group of a photo, and the confidences of all species."""

    label: int
    group: str
    confidences: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairedComparison:
    """A new model less an earlier one, on the test photos of both.

    Attributes
    ----------
    photos
        How many.
    lost, won
        Photos that only the earlier, or only the new model classifies correctly.
    p_value
        McNemar's exact test of ``lost`` against ``won`` (McNemar 1947), two-sided.
    macro_f1, loss
        Differences of macro F1, and of the negative log-likelihood a photo in nats, with their paired
        bootstrap intervals.
    """

    photos: int
    lost: int
    won: int
    p_value: float
    macro_f1: Estimate
    loss: Estimate


def compare_paired(new: MeasuredModel, earlier: MeasuredModel) -> PairedComparison | None:
    """Compare two models on the test photos of both.

    Returns
    -------
    The comparison; None where a model has no predictions or other species, or where they share less than
    :data:`MIN_SHARED` of the earlier model's photos.
    """
    after, before = _answers(new), _answers(earlier)
    if _slugs(new) != _slugs(earlier) or not before:
        return None
    shared = sorted(photo for photo in before if photo in after and after[photo].label == before[photo].label)
    if not shared or len(shared) < MIN_SHARED * len(before):
        return None
    labels = np.array([before[photo].label for photo in shared])
    one, other = (np.stack([answers[photo].confidences for photo in shared]) for answers in (after, before))
    return _compare(labels, one, other, [after[photo].group for photo in shared])


def _compare(
    labels: NDArray[np.int64],
    new: NDArray[np.float64],
    earlier: NDArray[np.float64],
    groups: list[str],
) -> PairedComparison:
    after, before = new.argmax(axis=1), earlier.argmax(axis=1)
    lost = int(((before == labels) & (after != labels)).sum())
    won = int(((before != labels) & (after == labels)).sum())
    differences = _losses(new, labels) - _losses(earlier, labels)
    low, high = mean_interval(differences, groups)
    return PairedComparison(
        photos=len(labels),
        lost=lost,
        won=won,
        p_value=float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0,
        macro_f1=_f1_difference(labels, after, before, groups),
        loss=Estimate(mean=float(differences.mean()), low=low, high=high),
    )


def _f1_difference(
    labels: NDArray[np.int64], after: NDArray[np.int64], before: NDArray[np.int64], groups: list[str]
) -> Estimate:
    resamples = Resamples.of(groups)
    spread = resampled_macro_f1(labels, after, resamples) - resampled_macro_f1(labels, before, resamples)
    low, high = np.percentile(spread, [2.5, 97.5])
    mean = macro_f1(labels, after) - macro_f1(labels, before)
    return Estimate(mean=mean, low=float(low), high=float(high))


def _losses(confidences: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    own = confidences[np.arange(len(labels)), labels]
    return np.asarray(-np.log(own + np.finfo(np.float64).tiny))


def _answers(model: MeasuredModel) -> Mapping[str, PhotoAnswer]:
    """Return the answers by the photos' sha256; none where the file is missing or broken."""
    if model.predictions is None:
        return {}
    try:
        found = parse_photo_logits(model.predictions, "predictions.csv", _slugs(model))
    except TrainingError:
        return {}
    confidences = model.manifest.calibrator().confidences(found.logits)
    return {
        photo: PhotoAnswer(int(label), group, row)
        for photo, label, group, row in zip(
            found.photos, found.labels, found.groups or found.photos, confidences, strict=True
        )
    }


def _slugs(model: MeasuredModel) -> list[str]:
    return [label.slug for label in model.manifest.labels]
