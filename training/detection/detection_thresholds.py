"""Choose a detector's thresholds on validation photos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from frond.detection import Candidates
from frond.detection.detection_manifest import ConfidenceScaling
from training.detection.detection_dataset import DetectionDataset
from training.detection.matching import match

# Share of the named plants that must have the right name.
LABEL_PRECISION = 0.9
# Where neither value of a threshold is better.
LEAST, MOST = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The calibration of scores, and the least confidences of a detection and of a name."""

    scaling: ConfidenceScaling
    min_confidence: float
    min_label_confidence: float


@dataclass(frozen=True, slots=True)
class MatchedCandidates:
    """The candidates of all photos, in any order.

    Attributes
    ----------
    scores
        ``float64[N]``: log-odds, not calibrated.
    right
        ``bool[N]``: there is a plant.
    named
        ``float64[N]``: probability of the most probable class.
    well_named
        ``bool[N]``: that class is the plant's.
    plants
        Number of true plants.
    """

    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    named: NDArray[np.float64]
    well_named: NDArray[np.bool_]
    plants: int

    @classmethod
    def of(
        cls, dataset: DetectionDataset, indices: NDArray[np.int64], found: Sequence[Candidates]
    ) -> "MatchedCandidates":
        """Match the candidates of each photo with its boxes; leave out those of difficult ones."""
        scores, right, named, well_named, plants = [], [], [], [], 0
        for index, candidates in zip(map(int, indices), found, strict=True):
            difficult, classes = dataset.difficult(index), dataset.classes(index)
            matches = match(candidates.boxes, dataset.boxes(index), difficult)
            counted = matches.counted
            best = candidates.classes.argmax(axis=1)
            true = np.where(matches.right, np.append(classes, -1)[matches.boxes], -1)
            scores.append(candidates.scores[counted])
            right.append(matches.right[counted])
            named.append(candidates.classes.max(axis=1, initial=0)[counted])
            well_named.append((best == true)[counted])
            plants += int((~difficult).sum())
        return cls(
            np.concatenate(scores).astype(np.float64),
            np.concatenate(right),
            np.concatenate(named).astype(np.float64),
            np.concatenate(well_named),
            plants,
        )


def choose_thresholds(matched: MatchedCandidates) -> Thresholds:
    """Fit the scaling, then choose the confidence of the best F1, then that of precise names."""
    scaling = _fit_scaling(matched)
    confidences = scaling.confidences(matched.scores.astype(np.float32)).astype(np.float64)
    least = _best_f1(confidences, matched.right, matched.plants)
    kept = (confidences >= least) & matched.right
    return Thresholds(scaling, least, _least_precise(matched.named[kept], matched.well_named[kept]))


def _fit_scaling(matched: MatchedCandidates) -> ConfidenceScaling:
    if len(set(matched.right.tolist())) < 2:
        return ConfidenceScaling()
    fitted = LogisticRegression().fit(matched.scores[:, None], matched.right)
    slope, offset = float(fitted.coef_[0, 0]), float(fitted.intercept_[0])
    return ConfidenceScaling(slope=slope, offset=offset) if slope > 0 else ConfidenceScaling()


def _best_f1(confidences: NDArray[np.float64], right: NDArray[np.bool_], plants: int) -> float:
    if not right.any():
        return 0.5
    order = np.argsort(-confidences, kind="stable")
    hits = right[order].cumsum()
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + plants)
    return float(np.clip(confidences[order[f1.argmax()]], LEAST, MOST))


def _least_precise(named: NDArray[np.float64], well_named: NDArray[np.bool_]) -> float:
    """Return the least probability above which enough names are right."""
    if not len(named):
        return 0.5
    order = np.argsort(-named, kind="stable")
    precision = well_named[order].cumsum() / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= LABEL_PRECISION)
    return float(named[order[enough[-1]]]) if len(enough) else MOST
