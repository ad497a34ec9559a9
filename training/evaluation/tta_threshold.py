"""Choice of the photos for which test-time augmentation is worth its time."""

import numpy as np
from numpy.typing import NDArray

from frond.ood_scores import softmax
from frond.tta import logit_gap
from training.artifacts.trials import TTATrial, TTATrials
from training.calibration import fit_temperature
from training.evaluation.standard_error import clearly_worse

# Shares of the photos, those with the smallest logit gaps. Augmentation adds three inferences: the last share
# makes 1.6 times as many.
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2)
# With fewer, a share is less than one photo.
MIN_PHOTOS = 30


def choose_tta(
    original: NDArray[np.float32], augmented: NDArray[np.float32], labels: NDArray[np.int64]
) -> TTATrials:
    """Choose the smallest share of augmented photos that is not clearly worse than the best; it may be none.

    Parameters
    ----------
    original, augmented
        ``float32[N, K]``: logits of validation photos without and with test-time augmentation.
    labels
        ``int64[N]``, their species. With fewer than :data:`MIN_PHOTOS` nothing is tried.
    """
    if len(labels) < MIN_PHOTOS:
        return TTATrials(gap_below=None, trials=[])
    gaps = logit_gap(original)
    trials, losses = [], []
    for share in SHARES:
        gap_below = float(np.quantile(gaps, share)) if share else None
        close = gaps < (gap_below or 0)
        logits = np.where(close[:, np.newaxis], augmented, original)
        losses.append(_losses(logits, labels))
        trials.append(
            TTATrial(
                gap_below=gap_below,
                share=float(close.mean()),
                loss=float(losses[-1].mean()),
                wrong=int((logits.argmax(axis=1) != labels).sum()),
            )
        )
    best = min(losses, key=np.mean)
    good = (trial for trial, found in zip(trials, losses, strict=True) if not clearly_worse(found, best))
    return TTATrials(gap_below=next(good).gap_below, trials=trials)


def _losses(logits: NDArray[np.float32], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    probabilities = softmax(logits / fit_temperature(logits, labels))
    return np.asarray(-np.log(probabilities[np.arange(len(labels)), labels] + 1e-12))
