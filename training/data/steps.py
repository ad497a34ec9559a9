"""The steps of an epoch."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def split_into_steps(order: NDArray[np.int64], batch: int, multiple: int = 1) -> list[NDArray[np.int64]]:
    """Spread photos evenly over the fewest steps of at most ``batch``.

    Parameters
    ----------
    order
        ``int[N]``; the last ``N % multiple`` are left out.
    multiple
        The length of each step is a multiple of it, so that devices get equal shares. It divides ``batch``.
    """
    shares: NDArray[Any] = order[: len(order) // multiple * multiple].reshape(-1, multiple)
    steps = -(-shares.size // batch)
    return [part.ravel() for part in np.array_split(shares, steps)] if steps else []
