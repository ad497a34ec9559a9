"""Whether a difference is more than chance."""

import numpy as np
from numpy.typing import NDArray


def clearly_more(losses: NDArray[np.float64], best: NDArray[np.float64]) -> bool:
    """Return whether losses exceed others of the same photos by more than one standard error, paired.

    The rule of one standard error (Hastie, Tibshirani & Friedman 2009, section 7.10) keeps the simplest
    choice that is not clearly worse than the best.

    Parameters
    ----------
    losses, best
        ``float64[N]`` each, photo by photo.
    """
    more = losses - best
    return bool(more.mean() > more.std(ddof=1) / np.sqrt(len(more)))
