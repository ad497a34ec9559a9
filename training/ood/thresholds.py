"""Which score tells known from unknown, and under which thresholds the model says less."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from frond.manifest import Abstention
from frond.ood_scores import Score, margin, softmax
from training.inference import Known, Outputs
from training.ood.score_fitting import fit_scores

# Share of known validation photos that must be identified, uncertain and not recognised taken together.
ACCEPTANCE = 0.95
# At most so many of them may be uncertain: each one is taken from what the score may turn away.
UNCERTAIN = 0.01
# The first three times as likely as the second. Clear photos of two plants, taken for one, are nearer than
# that; validation has none of these, and of single photos so near a few, named rightly or not by chance.
LEAST_MARGIN = 0.5


def choose_abstention(
    train: Known, validation: Known, temperature: float, unknown: Mapping[str, Outputs] | None = None
) -> Abstention:
    """Return the score and the thresholds of a model.

    The scores are fitted to training photos and their thresholds chosen on validation photos, so that
    each accepts the same share of them. Where there are unknown photos, the score is the first in the
    order of :func:`training.ood.score_fitting.fit_scores` that turns away as many as the best one, give
    or take one standard error: one photo more out of a handful is chance. Otherwise the first.

    Parameters
    ----------
    train, validation
        Photos of the two splits.
    temperature
        Divides the logits before the softmax.
    unknown
        Photos that should not be identified, by name; never any that the model is judged on.
    """
    candidates = [with_thresholds(score, validation, temperature) for score in fit_scores(train, temperature)]
    if not unknown:
        return candidates[0]
    away = [
        [turned_away(candidate, outputs, temperature).astype(float) for outputs in unknown.values()]
        for candidate in candidates
    ]
    best = away[int(np.argmax([np.mean([photos.mean() for photos in sets]) for sets in away]))]
    return next(
        candidate for candidate, sets in zip(candidates, away, strict=True) if not _clearly_less(sets, best)
    )


def with_thresholds(score: Score, known: Known, temperature: float) -> Abstention:
    """Return a score with thresholds that let :data:`ACCEPTANCE` of these known photos be identified.

    The margin is chosen first (:func:`choose_margin`); what it leaves of the share that may be turned
    away is the score's.
    """
    confidences = softmax(known.outputs.logits / temperature)
    ahead = margin(confidences)
    min_margin = choose_margin(ahead, confidences.argmax(axis=1) == known.labels)
    clear = np.sort(score.of(known.outputs.logits, known.outputs.embeddings)[ahead >= min_margin])
    refused = int((1 - ACCEPTANCE) * len(ahead)) - (len(ahead) - len(clear))
    chosen = Abstention(
        score=score,
        not_recognised_below=_between(clear, refused) if refused > 0 else float(clear[0]),
        min_margin=min_margin,
        acceptance=0,
    )
    accepted = 1 - float(turned_away(chosen, known.outputs, temperature).mean())
    return chosen.model_copy(update={"acceptance": accepted})


def choose_margin(ahead: NDArray[np.float64], correct: NDArray[np.bool_]) -> float:
    """Return how far the first species must be ahead of the second to be named.

    The largest margin under which at least half of the photos are named wrongly, so that a name would
    be no better than a coin's, and :data:`LEAST_MARGIN` at the least; but at most :data:`UNCERTAIN` of all
    photos are under it. 0 where that is not one photo.

    Parameters
    ----------
    ahead
        ``float64[N]``, the margins of known photos, 0 to 1.
    correct
        ``bool[N]``, whether the first species was right.
    """
    order = np.argsort(ahead, kind="stable")
    lowest = order[: int(UNCERTAIN * len(order))]
    if not len(lowest):
        return 0.0
    wrong_half = np.flatnonzero(2 * np.cumsum(~correct[lowest]) >= np.arange(1, len(lowest) + 1))
    half = _between(ahead[order], int(wrong_half[-1]) + 1) if len(wrong_half) else 0.0
    return max(half, min(LEAST_MARGIN, _between(ahead[order], len(lowest))))


def turned_away(abstention: Abstention, outputs: Outputs, temperature: float) -> NDArray[np.bool_]:
    """Return which photos would not be identified, ``bool[N]``."""
    confidences = softmax(outputs.logits / temperature)
    recognised = abstention.is_in_distribution(outputs.logits, outputs.embeddings)
    return ~recognised | abstention.is_ambiguous(confidences)


def _between(ordered: NDArray[np.float64], count: int) -> float:
    """Return a threshold under which the first ``count`` of ordered numbers lie, and no other."""
    return float(ordered[count - 1] + ordered[count]) / 2


def _clearly_less(sets: list[NDArray[np.float64]], best: list[NDArray[np.float64]]) -> bool:
    """Return whether a score turns away less than another by more than one standard error.

    The error is that of paired shares (McNemar 1947): only photos on which the two differ count.
    """
    differences = [more - less for more, less in zip(best, sets, strict=True)]
    less = np.mean([difference.mean() for difference in differences])
    error = np.sqrt(sum((d**2).mean() / len(d) for d in differences)) / len(differences)
    return bool(less > error + 1e-9)
