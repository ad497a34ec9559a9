"""Choice of the out-of-distribution score of a model, and of the thresholds for its verdicts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from frond.calibration import Calibrator
from frond.manifest import Abstention
from frond.ood_scores import Reals, margin
from training.batch_inference import LabeledOutputs, ModelOutputs
from training.ood.score_fitting import served_scores
from training.ood.scores import OodScore

# Share of known validation photos that must be identified; the rest are uncertain or not recognised.
ACCEPTANCE = 0.95
# The largest share that may be uncertain. Every uncertain photo leaves one less for the score to reject.
MAX_UNCERTAIN = 0.04
# The first species is then three times as likely as the second. Photos of two plants taken for one have
# smaller margins. Validation has none of these, and too few single photos with such margins to choose by.
MARGIN_FLOOR = 0.5

S = TypeVar("S", bound=OodScore)
S_co = TypeVar("S_co", bound=OodScore, covariant=True)


@dataclass(frozen=True)
class ThresholdedScore(Generic[S_co]):
    """A score with the thresholds of :class:`frond.manifest.Abstention`.

    The manifest takes only the scores that the layer serves; this class takes any.
    """

    score: S_co
    not_recognised_below: float
    min_margin: float

    def is_in_distribution(self, logits: Reals, embeddings: Reals) -> NDArray[np.bool_]:
        """Return which photos are recognised; see :meth:`frond.manifest.Abstention.is_in_distribution`."""
        return self.score.of(logits, embeddings) >= self.not_recognised_below

    def is_ambiguous(self, confidences: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return where the top two confidences are too close."""
        return margin(confidences) < self.min_margin


def choose_abstention(
    validation: LabeledOutputs, calibrator: Calibrator, unknown: Mapping[str, ModelOutputs] | None = None
) -> Abstention:
    """Choose the score of a model among those that the layer serves, and fit its thresholds.

    The thresholds are fitted to validation photos, so that every score accepts the same share of them. With
    out-of-distribution photos, the first score in the order of
    :func:`training.ood.score_fitting.served_scores` is chosen whose share of rejected photos is within one
    standard error of the best: one photo more out of a handful is chance. Without any, the first.

    Parameters
    ----------
    validation
        Photos of the validation split.
    calibrator
        The map from logits to confidences.
    unknown
        Out-of-distribution photos by the name of their set; never any that the model is evaluated on.
    """
    candidates = [
        fit_thresholds(score, validation, calibrator) for score in served_scores(calibrator.temperature)
    ]
    chosen = candidates[0]
    if unknown:
        shares = [
            [rejected(candidate, outputs, calibrator).astype(float) for outputs in unknown.values()]
            for candidate in candidates
        ]
        best = shares[int(np.argmax([np.mean([photos.mean() for photos in sets]) for sets in shares]))]
        chosen = next(
            candidate
            for candidate, sets in zip(candidates, shares, strict=True)
            if not _rejects_clearly_less(sets, best)
        )
    return Abstention(
        score=chosen.score,
        not_recognised_below=chosen.not_recognised_below,
        min_margin=chosen.min_margin,
        acceptance=1 - float(rejected(chosen, validation.outputs, calibrator).mean()),
    )


def fit_thresholds(score: S, known: LabeledOutputs, calibrator: Calibrator) -> ThresholdedScore[S]:
    """Fit thresholds with which :data:`ACCEPTANCE` of these known photos are identified.

    The margin is chosen first, by :func:`choose_margin`. The score rejects the rest of the share that need
    not be identified.
    """
    confidences = calibrator.confidences(known.outputs.logits)
    margins = margin(confidences)
    min_margin = choose_margin(margins, confidences.argmax(axis=1) == known.labels)
    clear = np.sort(score.of(known.outputs.logits, known.outputs.embeddings)[margins >= min_margin])
    budget = int((1 - ACCEPTANCE) * len(margins)) - (len(margins) - len(clear))
    return ThresholdedScore(score, _between(clear, budget) if budget > 0 else float(clear[0]), min_margin)


def choose_margin(margins: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Choose the margin below which a photo is uncertain.

    The largest margin below which at least half of the photos are misclassified, raised to
    :data:`MARGIN_FLOOR` if smaller. At most :data:`MAX_UNCERTAIN` of all photos may lie below it; 0 where
    that is less than one photo.

    Parameters
    ----------
    margins
        ``float64[N]``, the differences of the top two confidences of known photos, 0 to 1.
    correct
        ``bool[N]``, whether the top-1 species was right.
    """
    order = np.argsort(margins, kind="stable")
    lowest = order[: int(MAX_UNCERTAIN * len(order))]
    if not len(lowest):
        return 0.0
    half_wrong = np.flatnonzero(2 * np.cumsum(~correct[lowest]) >= np.arange(1, len(lowest) + 1))
    half = _between(margins[order], int(half_wrong[-1]) + 1) if len(half_wrong) else 0.0
    return max(half, min(MARGIN_FLOOR, _between(margins[order], len(lowest))))


def rejected(
    thresholds: Abstention | ThresholdedScore[OodScore], outputs: ModelOutputs, calibrator: Calibrator
) -> NDArray[np.bool_]:
    """Return which photos are not identified, ``bool[N]``."""
    confidences = calibrator.confidences(outputs.logits)
    recognised = thresholds.is_in_distribution(outputs.logits, outputs.embeddings)
    return ~recognised | thresholds.is_ambiguous(confidences)


def _between(ordered: NDArray[np.float64], count: int) -> float:
    """Return a threshold that exactly the first ``count`` of ordered numbers lie below."""
    return float(ordered[count - 1] + ordered[count]) / 2


def _rejects_clearly_less(sets: list[NDArray[np.float64]], best: list[NDArray[np.float64]]) -> bool:
    """Return whether a score rejects less than the best by more than one standard error.

    The error is that of paired shares (McNemar 1947): only photos on which the two differ count.
    """
    differences = [more - less for more, less in zip(best, sets, strict=True)]
    less = np.mean([difference.mean() for difference in differences])
    error = np.sqrt(sum((d**2).mean() / len(d) for d in differences)) / len(differences)
    return bool(less > error + 1e-9)
