"""Comparison of paired losses by the one-standard-error rule."""

import numpy as np
from numpy.typing import NDArray


def clearly_worse(losses: NDArray[np.float64], best: NDArray[np.float64]) -> bool:
    """Return whether losses exceed the best ones on the same photos by more than one standard error, paired.

    The one-standard-error rule (Hastie, Tibshirani & Friedman 2009, section 7.10) chooses the simplest
    option that is not clearly worse than the best.

    Parameters
    ----------
    losses, best
        ``float64[N]`` each, photo by photo.
    """
    differences = losses - best
    return bool(differences.mean() > differences.std(ddof=1) / np.sqrt(len(differences)))
