"""For how many photos a second look is worth its time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from frond.ood_scores import softmax
from frond.tta import TTASettings, gap
from training.evaluation.calibration import fit_temperature
from training.evaluation.standard_error import clearly_more

# Of the known photos, those most in doubt. A second look is three inferences more: the last share makes
# 1.6 times as many of them.
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2)
# Fewer tell nothing.
FEWEST_PHOTOS = 30


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of looking again at the photos most in doubt.

    Attributes
    ----------
    gap_below
        Of :class:`frond.tta.TTASettings`; None for no second look.
    share
        Of the photos that were looked at again, 0 to 1.
    loss
        Mean negative log-likelihood a photo, nats, under the temperature that makes it least.
    wrong
        How many photos were taken for another species.
    """

    gap_below: float | None
    share: float
    loss: float
    wrong: int


@dataclass(frozen=True, slots=True)
class SecondLookChoice:
    """What was chosen, None for no second look, of what was tried, the rarest first."""

    gap_below: float | None
    trials: list[Trial]

    @property
    def second_look(self) -> TTASettings | None:
        """What the manifest says of it."""
        return None if self.gap_below is None else TTASettings(gap_below=self.gap_below)


def choose_second_look(
    once: NDArray[np.float32], again: NDArray[np.float32], labels: NDArray[np.int64]
) -> SecondLookChoice:
    """Return the rarest second look that is not clearly worse than the best; it may be none.

    Parameters
    ----------
    once, again
        ``float32[N, K]``: logits of validation photos after one look, and with the second.
    labels
        ``int64[N]``, what they show. With fewer than :data:`FEWEST_PHOTOS` nothing is tried.
    """
    if len(labels) < FEWEST_PHOTOS:
        return SecondLookChoice(None, [])
    gaps = gap(once)
    trials, losses = [], []
    for share in SHARES:
        gap_below = float(np.quantile(gaps, share)) if share else None
        doubtful = gaps < (gap_below or 0)
        logits = np.where(doubtful[:, np.newaxis], again, once)
        losses.append(_losses(logits, labels))
        wrong = int((logits.argmax(axis=1) != labels).sum())
        trials.append(Trial(gap_below, float(doubtful.mean()), float(losses[-1].mean()), wrong))
    best = min(losses, key=np.mean)
    good = (trial for trial, found in zip(trials, losses, strict=True) if not clearly_more(found, best))
    return SecondLookChoice(next(good).gap_below, trials)


def _losses(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    probabilities = softmax(logits / fit_temperature(logits, labels))
    return np.asarray(-np.log(probabilities[np.arange(len(labels)), labels] + 1e-12))
